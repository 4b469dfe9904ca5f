// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace tapio::console {

/// What a program says, on its way to a file descriptor. Unlike the buffers of the standard library it remembers why it could
/// not be written. Lines are written as they end where a person reads along (a terminal), else by 64 KiB. One thread.
class DescriptorBuffer final : public std::streambuf {
public:
    /// `descriptor` is not closed by this, and stays open while this lives.
    explicit DescriptorBuffer(int descriptor);
    DescriptorBuffer(const DescriptorBuffer &) = delete;
    DescriptorBuffer &operator=(const DescriptorBuffer &) = delete;

    /// errno of the first write that failed, 0 when none has. Nothing is written after it.
    int error() const noexcept { return m_error; }

protected:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char *text, std::streamsize size) override;
    int sync() override;

private:
    bool writeOut();

    const int m_descriptor;
    const bool m_byLine;
    int m_error = 0;
    std::string m_waiting;
};

/// Writes what waits in `out`. Returns the program's exit code: `code`, or ExitIo with the reason on `err` when the answer did not
/// get out (a full disk). A reader that left (`tapio events | head`) had enough: that is no error.
int finishOutput(std::ostream &out, const DescriptorBuffer &buffer, std::ostream &err, int code);

} // namespace tapio::console
