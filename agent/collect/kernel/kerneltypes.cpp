// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/kerneltypes.h"

#include <string>

#include <bpf/btf.h>

namespace tapio::agent {

void KernelTypes::Deleter::operator()(btf *types) const noexcept { btf__free(types); }

KernelTypes::KernelTypes(const std::string &btfPath)
    : m_types(btfPath.empty() ? btf__load_vmlinux_btf() : btf__parse(btfPath.c_str(), nullptr))
{}

int KernelTypes::prototype(std::string_view name) const
{
    if (!m_types)
        return -1;
    // typedef void (*btf_trace_NAME)(void *, the arguments ...), include/trace/bpf_probe.h
    const std::string type = "btf_trace_" + std::string(name);
    const int id = btf__find_by_name_kind(m_types.get(), type.c_str(), BTF_KIND_TYPEDEF);
    if (id < 0)
        return -1;
    const btf_type *pointer = btf__type_by_id(m_types.get(), btf__type_by_id(m_types.get(), id)->type);
    return pointer ? static_cast<int>(pointer->type) : -1;
}

bool KernelTypes::hasTracepoint(std::string_view name) const { return prototype(name) >= 0; }

unsigned KernelTypes::argumentCount(std::string_view name) const
{
    const int id = prototype(name);
    if (id < 0)
        return 0;
    const unsigned count = btf_vlen(btf__type_by_id(m_types.get(), static_cast<unsigned>(id)));
    return count > 0 ? count - 1 : 0;
}

bool KernelTypes::firstArgumentIsPointer(std::string_view name) const
{
    if (argumentCount(name) == 0)
        return false;
    const btf_type *function = btf__type_by_id(m_types.get(), static_cast<unsigned>(prototype(name)));
    return btf_is_ptr(btf__type_by_id(m_types.get(), btf_params(function)[1].type));
}

std::map<std::uint32_t, std::string> KernelTypes::enumNames(const char *name) const
{
    std::map<std::uint32_t, std::string> names;
    const int id = m_types ? btf__find_by_name_kind(m_types.get(), name, BTF_KIND_ENUM) : -1;
    if (id < 0)
        return names;
    const btf_type *type = btf__type_by_id(m_types.get(), static_cast<unsigned>(id));
    for (unsigned i = 0; i < btf_vlen(type); ++i) {
        const auto &entry = btf_enum(type)[i];
        if (const char *text = btf__name_by_offset(m_types.get(), entry.name_off))
            names[static_cast<std::uint32_t>(entry.val)] = text;
    }
    return names;
}

} // namespace tapio::agent
