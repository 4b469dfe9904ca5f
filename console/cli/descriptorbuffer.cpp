// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/descriptorbuffer.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "console/cli/output.h"

namespace tapio::console {

namespace {

constexpr std::size_t blockBytes = 64 * 1024;

} // namespace

DescriptorBuffer::DescriptorBuffer(int descriptor) : m_descriptor(descriptor), m_byLine(isatty(descriptor) == 1) {}

bool DescriptorBuffer::writeOut()
{
    std::size_t written = 0;
    while (m_error == 0 && written < m_waiting.size()) {
        const ssize_t n = ::write(m_descriptor, m_waiting.data() + written, m_waiting.size() - written);
        if (n >= 0) {
            written += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) { // who started us shares the pipe and wants it so
            pollfd room{m_descriptor, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            m_error = errno;
        }
    }
    m_waiting.clear();
    return m_error == 0;
}

std::streamsize DescriptorBuffer::xsputn(const char *text, std::streamsize size)
{
    if (m_error != 0)
        return 0;
    m_waiting.append(text, static_cast<std::size_t>(size));
    const bool due = m_waiting.size() >= blockBytes || (m_byLine && m_waiting.back() == '\n');
    return size > 0 && due && !writeOut() ? 0 : size;
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type character)
{
    if (traits_type::eq_int_type(character, traits_type::eof()))
        return traits_type::not_eof(character);
    const char one = traits_type::to_char_type(character);
    return xsputn(&one, 1) == 1 ? character : traits_type::eof();
}

int DescriptorBuffer::sync() { return writeOut() ? 0 : -1; }

int finishOutput(std::ostream &out, const DescriptorBuffer &buffer, std::ostream &err, int code)
{
    out.flush();
    if (buffer.error() == 0 || buffer.error() == EPIPE)
        return code;
    report(err, Error(errcFromErrno(buffer.error()), "the answer could not be written to the standard output", buffer.error()));
    return code <= ExitUnhealthy ? ExitIo : code; // what went wrong before was told already
}

} // namespace tapio::console
