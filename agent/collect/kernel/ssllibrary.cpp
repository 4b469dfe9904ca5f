// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/ssllibrary.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>

#include <elf.h>

#include "agent/collect/kernel/x86code.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostSections = 512;
constexpr std::size_t mostSegments = 64;
constexpr std::size_t mostSymbols = 1u << 15;
constexpr std::size_t mostNameBytes = 1u << 20;
constexpr std::size_t mostCodeBytes = 512;

#if defined(__x86_64__)
constexpr std::uint16_t ownMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t ownMachine = EM_AARCH64;
#else
constexpr std::uint16_t ownMachine = EM_NONE; // and no file is of that
#endif

constexpr std::array<std::string_view, 5> wanted{"SSL_write", "SSL_write_ex", "SSL_read", "SSL_read_ex", "SSL_free"};
constexpr std::size_t longestWanted = std::ranges::max(wanted, {}, &std::string_view::size).size();

struct Function {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

template <typename T> std::optional<std::vector<T>> readTable(const ReadFileAt &read, std::uint64_t offset, std::uint64_t count)
{
    std::vector<T> table(count);
    if (count > 0 && !read(offset, std::as_writable_bytes(std::span(table))))
        return std::nullopt;
    return table;
}

/// The tables of one file.
class SslFile {
public:
    explicit SslFile(const ReadFileAt &read) : m_read(read) {}

    Status open();
    std::optional<Function> function(std::string_view name) const
    {
        const auto found = m_functions.find(name);
        return found == m_functions.end() ? std::nullopt : std::optional(found->second);
    }
    /// Where the code at this address is in the file; nothing = it is no code.
    std::optional<std::uint64_t> offsetOf(std::uint64_t address) const
    {
        for (const Elf64_Phdr &segment : m_segments) {
            if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && address >= segment.p_vaddr
                && address - segment.p_vaddr < segment.p_filesz)
                return address - segment.p_vaddr + segment.p_offset;
        }
        return std::nullopt;
    }
    /// The code at this address, at most `size` bytes of it; shorter at the end of its segment or of the file.
    std::vector<std::byte> code(std::uint64_t address, std::size_t size) const;

private:
    Status readHeader(Elf64_Ehdr &header) const;
    Status readFunctions(const Elf64_Ehdr &header);
    void take(const Elf64_Sym &symbol, const std::string &names);

    const ReadFileAt &m_read;
    std::vector<Elf64_Phdr> m_segments;
    std::map<std::string_view, Function> m_functions; ///< of those that are wanted
};

Status SslFile::readHeader(Elf64_Ehdr &header) const
{
    if (!m_read(0, std::as_writable_bytes(std::span(&header, 1))) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return fail(Errc::Malformed, "it is no ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != ownMachine)
        return fail(Errc::Unsupported, "it is for another machine, or for 32 bits");
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_shentsize != sizeof(Elf64_Shdr) || header.e_phnum > mostSegments
        || header.e_shnum > mostSections)
        return fail(Errc::Malformed, "its tables of segments and sections are missing, or too long");
    return {};
}

void SslFile::take(const Elf64_Sym &symbol, const std::string &names)
{
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size())
        return;
    // A byte more than the longest: one name may be as long as all of them, and each symbol may have that one.
    const auto begin = std::string_view(names).substr(symbol.st_name, longestWanted + 1);
    const std::string_view name = begin.substr(0, begin.find('\0'));
    const auto one = std::find(wanted.begin(), wanted.end(), name);
    if (one != wanted.end())
        m_functions.try_emplace(*one, Function{symbol.st_value, symbol.st_size});
}

/// Of the first table of dynamic symbols: a library has one, and each more could be as long.
Status SslFile::readFunctions(const Elf64_Ehdr &header)
{
    const auto sections = readTable<Elf64_Shdr>(m_read, header.e_shoff, header.e_shnum);
    if (!sections)
        return fail(Errc::Malformed, "its table of sections ends too early");
    for (const Elf64_Shdr &section : *sections) {
        if (section.sh_type != SHT_DYNSYM || section.sh_entsize != sizeof(Elf64_Sym) || section.sh_link >= sections->size())
            continue;
        const Elf64_Shdr &texts = (*sections)[section.sh_link];
        const std::uint64_t count = section.sh_size / sizeof(Elf64_Sym);
        if (count > mostSymbols || texts.sh_size > mostNameBytes)
            return fail(Errc::Malformed, "it has more symbols than OpenSSL");
        const auto symbols = readTable<Elf64_Sym>(m_read, section.sh_offset, count);
        std::string names(texts.sh_size, '\0');
        if (!symbols || !m_read(texts.sh_offset, std::as_writable_bytes(std::span(names))))
            return fail(Errc::Malformed, "its table of symbols ends too early");
        for (const Elf64_Sym &symbol : *symbols)
            take(symbol, names);
        break;
    }
    return {};
}

Status SslFile::open()
{
    Elf64_Ehdr header;
    if (Status status = readHeader(header); !status)
        return status;
    auto segments = readTable<Elf64_Phdr>(m_read, header.e_phoff, header.e_phnum);
    if (!segments)
        return fail(Errc::Malformed, "its table of segments ends too early");
    m_segments = std::move(*segments);
    if (Status status = readFunctions(header); !status)
        return status;
    for (const auto &[name, function] : m_functions) {
        if (!offsetOf(function.address))
            return fail(Errc::Malformed, std::string(name) + " is not in its code");
    }
    if (!m_functions.contains("SSL_read") || !m_functions.contains("SSL_write"))
        return fail(Errc::NotFound, "it has no SSL_read and SSL_write");
    return {};
}

std::vector<std::byte> SslFile::code(std::uint64_t address, std::size_t size) const
{
    for (const Elf64_Phdr &segment : m_segments) {
        const auto offset = offsetOf(address);
        if (!offset || segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
            continue;
        std::vector<std::byte> bytes(std::min<std::uint64_t>(size, segment.p_filesz - (address - segment.p_vaddr)));
        return m_read(*offset, bytes) ? bytes : std::vector<std::byte>();
    }
    return {};
}

/// What is known of one function.
struct Candidate {
    Function function;
    X86Places places;
    bool beginsEmulated = false;
};

Candidate examine(const SslFile &file, const Function &function)
{
    Candidate candidate{function, {}, false};
    if (ownMachine != EM_X86_64)
        return candidate;
    const bool isWhole = function.size <= mostCodeBytes;
    const auto code = file.code(function.address, static_cast<std::size_t>(std::min<std::uint64_t>(function.size, mostCodeBytes)));
    candidate.places = findX86Places(code);
    if (!isWhole || code.size() != function.size) {
        candidate.places.leave.reset();
        candidate.places.worker.reset();
    }
    const auto first = decodeX86(code, 0);
    candidate.beginsEmulated = first && first->emulated;
    return candidate;
}

/// Collects the places of a file.
class Planner {
public:
    explicit Planner(const SslFile &file) : m_file(file) {}

    std::vector<SslPlace> plan()
    {
        enter("SSL_write", SslProbe::Write);
        enter("SSL_write_ex", SslProbe::Write);
        enter("SSL_free", SslProbe::Free);
        const bool workerReads = planWorker();
        if (!workerReads || !m_readIsCovered)
            readFunction("SSL_read", SslProbe::Read);
        if (!workerReads)
            readFunction("SSL_read_ex", SslProbe::ReadEx);
        return std::move(m_places);
    }

private:
    void add(SslProbe probe, std::uint64_t address, bool onReturn, bool emulated, std::string_view name)
    {
        // The functions were found to begin in code, and what is within them is not further than their segment.
        if (const auto offset = m_file.offsetOf(address))
            m_places.push_back({probe, *offset, onReturn, emulated, name});
    }
    void enter(std::string_view name, SslProbe probe)
    {
        if (const auto function = m_file.function(name)) {
            const Candidate one = examine(m_file, *function);
            add(probe, function->address + one.places.enter.value_or(0), false, one.places.enter.has_value(), name);
        }
    }
    /// Where eax is to be had before the return both places cost one trap each. Else the beginning is needed for the return anyway.
    void readFunction(std::string_view name, SslProbe probe)
    {
        const auto function = m_file.function(name);
        if (!function)
            return;
        const Candidate one = examine(m_file, *function);
        if (one.places.enter && one.places.leave && *one.places.enter < *one.places.leave) {
            add(probe, function->address + *one.places.enter, false, true, name);
            add(SslProbe::ReadReturn, function->address + *one.places.leave, false, true, name);
            return;
        }
        add(probe, function->address, false, one.beginsEmulated, name);
        add(SslProbe::ReadReturn, function->address, true, one.beginsEmulated, name);
    }
    /// SSL_read_ex is often nothing but a call, with its own arguments, of the function that reads. Where that one begins with what
    /// the kernel emulates, it is watched instead, and SSL_read, where it calls the same, needs no places of its own.
    bool planWorker()
    {
        const auto readEx = m_file.function("SSL_read_ex");
        if (!readEx)
            return false;
        const Candidate one = examine(m_file, *readEx);
        if (!one.places.worker || one.places.leave)
            return false;
        const Function worker{readEx->address + static_cast<std::uint64_t>(*one.places.worker), 1};
        const auto first = decodeX86(m_file.code(worker.address, 16), 0);
        if (!first || first->kind != X86Kind::Push || !m_file.offsetOf(worker.address))
            return false;
        add(SslProbe::ReadEx, worker.address, false, true, "SSL_read_ex");
        add(SslProbe::ReadReturn, worker.address, true, true, "SSL_read_ex");
        if (const auto read = m_file.function("SSL_read")) {
            const auto calls = examine(m_file, *read).places.calls;
            m_readIsCovered = std::any_of(calls.begin(), calls.end(), [&](std::int64_t target) {
                return read->address + static_cast<std::uint64_t>(target) == worker.address;
            });
        }
        return true;
    }

    const SslFile &m_file;
    std::vector<SslPlace> m_places;
    bool m_readIsCovered = false;
};

} // namespace

Result<std::vector<SslPlace>> findSslPlaces(const ReadFileAt &read)
{
    SslFile file(read);
    if (const Status status = file.open(); !status)
        return fail(status.error());
    return Planner(file).plan();
}

std::string singleStepped(std::span<const SslPlace> places)
{
    std::string names;
    for (const std::string_view name : wanted) {
        if (std::none_of(places.begin(), places.end(), [&](const SslPlace &place) { return place.function == name && !place.emulated; }))
            continue;
        names += names.empty() ? "" : ", ";
        names += name;
    }
    return names;
}

} // namespace tapio::agent
