// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

/// A shared library of a few functions, as small as it can be: header, one segment that is all of it, symbols, code.
namespace tapio::test {

struct ElfFunction {
    std::string_view name;
    std::string code;
};

struct ElfImage {
    static constexpr std::uint64_t base = 0x10000; ///< address of the file's first byte
    std::uint16_t machine =
#if defined(__x86_64__)
        EM_X86_64;
#elif defined(__aarch64__)
        EM_AARCH64;
#else
        EM_NONE;
#endif
    std::vector<ElfFunction> functions;
    std::string bytes;             ///< of build()
    std::vector<std::uint64_t> at; ///< where each function's code is in it

    template <typename T> static std::string raw(const T &value)
    {
        return std::string(reinterpret_cast<const char *>(&value), sizeof(value));
    }
    template <typename T> void put(std::size_t offset, const T &value) { std::memcpy(&bytes[offset], &value, sizeof(value)); }

    static constexpr std::size_t sectionsAt = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    static constexpr std::size_t symbolsAt = sectionsAt + 3 * sizeof(Elf64_Shdr);

    const std::string &build()
    {
        std::string names(1, '\0'), code, symbols = raw(Elf64_Sym{});
        const std::size_t codeAt = symbolsAt + (functions.size() + 1) * sizeof(Elf64_Sym);
        at.clear();
        for (const ElfFunction &function : functions) {
            at.push_back(codeAt + code.size());
            Elf64_Sym symbol{};
            symbol.st_name = static_cast<Elf64_Word>(names.size());
            symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
            symbol.st_shndx = 1;
            symbol.st_value = base + at.back();
            symbol.st_size = function.code.size();
            symbols += raw(symbol);
            names += std::string(function.name) + '\0';
            code += function.code;
        }
        Elf64_Shdr none{}, table{}, texts{};
        table.sh_type = SHT_DYNSYM;
        table.sh_offset = symbolsAt;
        table.sh_size = symbols.size();
        table.sh_entsize = sizeof(Elf64_Sym);
        table.sh_link = 2;
        texts.sh_type = SHT_STRTAB;
        texts.sh_offset = codeAt + code.size();
        texts.sh_size = names.size();
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_type = ET_DYN;
        header.e_machine = machine;
        header.e_phoff = sizeof(header);
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = 1;
        header.e_shoff = sectionsAt;
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = 3;
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_flags = PF_R | PF_X;
        segment.p_vaddr = base;
        segment.p_filesz = texts.sh_offset + names.size();
        return bytes = raw(header) + raw(segment) + raw(none) + raw(table) + raw(texts) + symbols + code + names;
    }
};

} // namespace tapio::test
