// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/filehooks.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tapio::agent {

namespace {

wire::HookState stateOf(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
    case EOPNOTSUPP: return wire::HookState::Unsupported;
    case EACCES:
    case EPERM: return wire::HookState::Denied;
    default: return wire::HookState::Failed;
    }
}

std::string reasonOf(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR: return "this kernel or cgroup version has no such file or line, or its controller is not enabled";
    case EOPNOTSUPP: return "switched off in this kernel";
    case EBADMSG: return "what the file says could not be understood";
    case EFBIG: return "the file is longer than the agent is willing to read";
    default: return std::generic_category().message(errnum);
    }
}

} // namespace

FileHooks::Id FileHooks::add(std::string collector, std::string name)
{
    m_files.push_back({std::move(collector), std::move(name), {}, false, false, 0});
    return m_files.size() - 1;
}

void FileHooks::begin()
{
    for (Id id = 0; id < m_files.size(); ++id)
        forget(id);
}

void FileHooks::forget(Id id)
{
    m_files[id].tried = m_files[id].worked = false;
    m_files[id].errnum = 0;
}

void FileHooks::note(Id id, int errnum)
{
    if (errnum == ENODEV || errnum == ESRCH)
        return;
    File &file = m_files[id];
    file.tried = true;
    if (errnum == 0)
        file.worked = true;
    else
        file.errnum = errnum;
}

void FileHooks::remark(Id id, std::string text) { m_files[id].remark = std::move(text); }

std::vector<wire::Hook> FileHooks::hooks() const
{
    std::vector<wire::Hook> hooks;
    hooks.reserve(m_files.size());
    for (const File &file : m_files) {
        wire::Hook hook;
        hook.collector = file.collector;
        hook.name = file.name;
        hook.attachKind = "file";
        if (file.worked) {
            hook.state = wire::HookState::Active;
            hook.reason = file.remark;
        } else if (file.tried) {
            hook.state = stateOf(file.errnum);
            hook.reason = reasonOf(file.errnum);
        } else {
            hook.reason = "nothing to read it from yet";
        }
        hooks.push_back(std::move(hook));
    }
    return hooks;
}

wire::Hook disabledHook(std::string collector)
{
    wire::Hook hook;
    hook.name = collector;
    hook.collector = std::move(collector);
    hook.state = wire::HookState::Disabled;
    hook.attachKind = "file";
    hook.reason = "switched off in the configuration";
    return hook;
}

} // namespace tapio::agent
