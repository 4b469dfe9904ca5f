// SPDX-License-Identifier: GPL-3.0-or-later
// What the numbers in details are called by those who gave them out.
#include <array>
#include <charconv>
#include <cstring>
#include <span>

#include "protocol/wire/details.h"
#include "protocol/wire/insight.h"
#include "protocol/wire/kubernetesfact.h"

namespace tapio::wire {

namespace {

struct Named {
    std::uint64_t number;
    std::string_view name;
};

// IANA, DNS parameters: resource record types
constexpr Named dnsTypes[] = {{1, "A"},      {2, "NS"},     {5, "CNAME"},   {6, "SOA"},    {12, "PTR"},   {13, "HINFO"}, {15, "MX"},
                              {16, "TXT"},   {28, "AAAA"},  {33, "SRV"},    {35, "NAPTR"}, {39, "DNAME"}, {41, "OPT"},   {43, "DS"},
                              {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"}, {52, "TLSA"},  {64, "SVCB"},  {65, "HTTPS"},
                              {251, "IXFR"}, {252, "AXFR"}, {255, "ANY"},   {257, "CAA"}};
// IANA, DNS parameters: RCODEs
constexpr Named dnsResponses[] = {{0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
                                  {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
                                  {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {23, "BADCOOKIE"}};
// IANA, TLS parameters: TLS alerts
constexpr Named tlsAlerts[] = {{10, "unexpected_message"},
                               {20, "bad_record_mac"},
                               {22, "record_overflow"},
                               {40, "handshake_failure"},
                               {42, "bad_certificate"},
                               {43, "unsupported_certificate"},
                               {44, "certificate_revoked"},
                               {45, "certificate_expired"},
                               {46, "certificate_unknown"},
                               {47, "illegal_parameter"},
                               {48, "unknown_ca"},
                               {49, "access_denied"},
                               {50, "decode_error"},
                               {51, "decrypt_error"},
                               {70, "protocol_version"},
                               {71, "insufficient_security"},
                               {80, "internal_error"},
                               {86, "inappropriate_fallback"},
                               {90, "user_canceled"},
                               {109, "missing_extension"},
                               {110, "unsupported_extension"},
                               {112, "unrecognized_name"},
                               {113, "bad_certificate_status_response"},
                               {115, "unknown_psk_identity"},
                               {116, "certificate_required"},
                               {120, "no_application_protocol"}};
// ptrace(2), linux/ptrace.h on x86-64; 12 to 15 have no meaning on arm64
constexpr Named ptraceRequests[] = {{0, "PTRACE_TRACEME"},
                                    {1, "PTRACE_PEEKTEXT"},
                                    {2, "PTRACE_PEEKDATA"},
                                    {3, "PTRACE_PEEKUSER"},
                                    {4, "PTRACE_POKETEXT"},
                                    {5, "PTRACE_POKEDATA"},
                                    {6, "PTRACE_POKEUSER"},
                                    {7, "PTRACE_CONT"},
                                    {8, "PTRACE_KILL"},
                                    {9, "PTRACE_SINGLESTEP"},
                                    {12, "PTRACE_GETREGS"},
                                    {13, "PTRACE_SETREGS"},
                                    {14, "PTRACE_GETFPREGS"},
                                    {15, "PTRACE_SETFPREGS"},
                                    {16, "PTRACE_ATTACH"},
                                    {17, "PTRACE_DETACH"},
                                    {24, "PTRACE_SYSCALL"},
                                    {0x4200, "PTRACE_SETOPTIONS"},
                                    {0x4201, "PTRACE_GETEVENTMSG"},
                                    {0x4202, "PTRACE_GETSIGINFO"},
                                    {0x4203, "PTRACE_SETSIGINFO"},
                                    {0x4204, "PTRACE_GETREGSET"},
                                    {0x4205, "PTRACE_SETREGSET"},
                                    {0x4206, "PTRACE_SEIZE"},
                                    {0x4207, "PTRACE_INTERRUPT"},
                                    {0x4208, "PTRACE_LISTEN"},
                                    {0x4209, "PTRACE_PEEKSIGINFO"},
                                    {0x420e, "PTRACE_GET_SYSCALL_INFO"}};
// Documentation/admin-guide/tainted-kernels.rst: those that a module can have, by bit
constexpr Named taintBits[] = {{0, "proprietary"}, {1, "forced"},     {10, "staging"}, {12, "out-of-tree"},
                               {13, "unsigned"},   {15, "livepatch"}, {18, "test"}};
// mount(2), linux/mount.h
constexpr Named mountFlags[] = {{0x1, "ro"},
                                {0x2, "nosuid"},
                                {0x4, "nodev"},
                                {0x8, "noexec"},
                                {0x10, "sync"},
                                {0x20, "remount"},
                                {0x40, "mand"},
                                {0x80, "dirsync"},
                                {0x400, "noatime"},
                                {0x800, "nodiratime"},
                                {0x1000, "bind"},
                                {0x2000, "move"},
                                {0x4000, "rec"},
                                {0x8000, "silent"},
                                {0x20000, "unbindable"},
                                {0x40000, "private"},
                                {0x80000, "slave"},
                                {0x100000, "shared"},
                                {0x200000, "relatime"},
                                {0x1000000, "strictatime"},
                                {0x2000000, "lazytime"}};
// capabilities(7), linux/capability.h
constexpr std::array<std::string_view, 41> capabilities{"CAP_CHOWN",
                                                        "CAP_DAC_OVERRIDE",
                                                        "CAP_DAC_READ_SEARCH",
                                                        "CAP_FOWNER",
                                                        "CAP_FSETID",
                                                        "CAP_KILL",
                                                        "CAP_SETGID",
                                                        "CAP_SETUID",
                                                        "CAP_SETPCAP",
                                                        "CAP_LINUX_IMMUTABLE",
                                                        "CAP_NET_BIND_SERVICE",
                                                        "CAP_NET_BROADCAST",
                                                        "CAP_NET_ADMIN",
                                                        "CAP_NET_RAW",
                                                        "CAP_IPC_LOCK",
                                                        "CAP_IPC_OWNER",
                                                        "CAP_SYS_MODULE",
                                                        "CAP_SYS_RAWIO",
                                                        "CAP_SYS_CHROOT",
                                                        "CAP_SYS_PTRACE",
                                                        "CAP_SYS_PACCT",
                                                        "CAP_SYS_ADMIN",
                                                        "CAP_SYS_BOOT",
                                                        "CAP_SYS_NICE",
                                                        "CAP_SYS_RESOURCE",
                                                        "CAP_SYS_TIME",
                                                        "CAP_SYS_TTY_CONFIG",
                                                        "CAP_MKNOD",
                                                        "CAP_LEASE",
                                                        "CAP_AUDIT_WRITE",
                                                        "CAP_AUDIT_CONTROL",
                                                        "CAP_SETFCAP",
                                                        "CAP_MAC_OVERRIDE",
                                                        "CAP_MAC_ADMIN",
                                                        "CAP_SYSLOG",
                                                        "CAP_WAKE_ALARM",
                                                        "CAP_BLOCK_SUSPEND",
                                                        "CAP_AUDIT_READ",
                                                        "CAP_PERFMON",
                                                        "CAP_BPF",
                                                        "CAP_CHECKPOINT_RESTORE"};

std::string nameOr(std::span<const Named> names, std::uint64_t number, std::string_view otherwise)
{
    for (const Named &known : names) {
        if (known.number == number)
            return std::string(known.name);
    }
    return std::string(otherwise) + std::to_string(number);
}

bool isOfCertificate(std::uint8_t alert) noexcept
{
    constexpr std::uint8_t badCertificate = 42, certificateUnknown = 46, unknownCa = 48;
    return (alert >= badCertificate && alert <= certificateUnknown) || alert == unknownCa;
}

void appendItem(std::string &list, std::string_view item, std::string_view separator)
{
    if (!list.empty())
        list += separator;
    list += item;
}

} // namespace

std::string_view dnsOutcomeName(DnsOutcome outcome) noexcept
{
    switch (outcome) {
    case DnsOutcome::Unknown: break;
    case DnsOutcome::Answered: return "answered";
    case DnsOutcome::TimedOut: return "timed-out";
    }
    return "unknown";
}

std::string dnsTypeName(std::uint16_t queryType) { return nameOr(dnsTypes, queryType, "TYPE"); }

std::string dnsResponseName(std::uint16_t responseCode) { return nameOr(dnsResponses, responseCode, "RCODE"); }

std::string capabilityName(std::uint8_t capability)
{
    if (capability < capabilities.size())
        return std::string(capabilities[capability]);
    return "capability " + std::to_string(capability);
}

std::string capabilityNames(std::uint64_t mask, std::size_t most)
{
    std::string list;
    std::size_t found = 0;
    for (std::uint8_t bit = 0; bit < 64; ++bit) {
        if ((mask >> bit & 1) == 0)
            continue;
        if (++found <= most)
            appendItem(list, capabilityName(bit), ", ");
    }
    if (found > most)
        list += " and " + std::to_string(found - most) + " more";
    return list;
}

std::string ptraceRequestName(std::int64_t request)
{
    if (request < 0)
        return "request " + std::to_string(request);
    return nameOr(ptraceRequests, static_cast<std::uint64_t>(request), "request ");
}

std::string taintNames(std::uint64_t taints)
{
    std::string list;
    for (std::uint64_t bit = 0; bit < 64; ++bit) {
        if ((taints >> bit & 1) != 0)
            appendItem(list, nameOr(taintBits, bit, "bit "), ", ");
    }
    return list;
}

std::string mountFlagNames(std::uint64_t flags)
{
    std::string list;
    for (const Named &flag : mountFlags) {
        if ((flags & flag.number) != 0)
            appendItem(list, flag.name, ",");
        flags &= ~flag.number;
    }
    if (flags != 0) {
        std::array<char, 16> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), flags, 16).ptr;
        appendItem(list, "0x" + std::string(digits.data(), end), ",");
    }
    return list;
}

std::string_view kernelPriorityName(std::uint8_t priority) noexcept
{
    static constexpr std::array<std::string_view, 8> names{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
    return priority < names.size() ? names[priority] : names.back();
}

std::string_view agentNoticeKindName(AgentNoticeKind kind) noexcept
{
    switch (kind) {
    case AgentNoticeKind::Unknown: break;
    case AgentNoticeKind::ShedBegin: return "shed-begin";
    case AgentNoticeKind::ShedEnd: return "shed-end";
    case AgentNoticeKind::ConfigApplied: return "config-applied";
    case AgentNoticeKind::ConfigRefused: return "config-refused";
    case AgentNoticeKind::SpoolDropped: return "spool-dropped";
    case AgentNoticeKind::CollectorFailed: return "collector-failed";
    case AgentNoticeKind::RateLimited: return "rate-limited";
    case AgentNoticeKind::Began: return "began";
    case AgentNoticeKind::CutOff: return "cut-off";
    }
    return "unknown";
}

std::string_view pressureResourceName(PressureResource resource) noexcept
{
    switch (resource) {
    case PressureResource::Unknown: break;
    case PressureResource::Cpu: return "cpu";
    case PressureResource::Memory: return "memory";
    case PressureResource::Io: return "io";
    }
    return "unknown";
}

std::string tlsAlertName(std::uint8_t alert) { return alert == 0 ? "an encrypted alert" : nameOr(tlsAlerts, alert, "alert "); }

bool refusesServer(const TlsFailure &failure) noexcept
{
    if (failure.direction != TcpDirection::Outbound && failure.direction != TcpDirection::Inbound)
        return false;
    const bool isByClient = failure.sent == (failure.direction == TcpDirection::Outbound);
    return isByClient && (failure.alert == 0 || isOfCertificate(failure.alert));
}

bool isOwnRefused(const TlsFailure &failure) noexcept
{
    return !failure.sent && (refusesServer(failure) || isOfCertificate(failure.alert));
}

std::string_view kubernetesFactKindName(KubernetesFactKind kind) noexcept
{
    switch (kind) {
    case KubernetesFactKind::Unknown: break;
    case KubernetesFactKind::PodEvicted: return "pod-evicted";
    case KubernetesFactKind::VolumeChanged: return "volume-changed";
    case KubernetesFactKind::CertificateExpiry: return "certificate-expiry";
    case KubernetesFactKind::NodeNotReady: return "node-not-ready";
    case KubernetesFactKind::NodeReady: return "node-ready";
    case KubernetesFactKind::NodeRemoved: return "node-removed";
    }
    return "unknown";
}

std::string_view insightStateName(InsightState state) noexcept
{
    switch (state) {
    case InsightState::Unknown: break;
    case InsightState::Open: return "open";
    case InsightState::Updated: return "updated";
    case InsightState::Resolved: return "resolved";
    case InsightState::Expired: return "expired";
    }
    return "unknown";
}

std::string errnoName(std::int32_t error)
{
    const char *name = error > 0 ? strerrorname_np(error) : nullptr;
    return name != nullptr ? std::string(name) : "errno " + std::to_string(error);
}

} // namespace tapio::wire
