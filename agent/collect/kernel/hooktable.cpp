// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/hooktable.h"

#include <array>

#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

constexpr std::array<std::string_view, TAPIO_COLLECTORS> names{"process", "oom",   "signal",      "tcp",   "runqueue",   "blockio",
                                                               "dns",     "http",  "security",    "drops", "capability", "file",
                                                               "cgroup",  "https", "descriptors", "entry"};

constexpr HookAlternative exec[] = {{"tp_btf", "exec_btf"}, {"raw_tp", "exec_raw"}, {"tracepoint", "exec_tp"}};
constexpr HookAlternative exit[] = {{"tp_btf", "exit_btf"}, {"raw_tp", "exit_raw"}, {"tracepoint", "exit_tp"}};

constexpr HookAlternative oom[] = {{"tp_btf", "oom_btf"}, {"raw_tp", "oom_raw"}, {"tracepoint", "oom_tp"}};
constexpr HookAlternative signal[] = {{"tp_btf", "signal_btf"}, {"raw_tp", "signal_raw"}};
// Only typed tracepoints may keep data with a socket or a task.
constexpr HookAlternative tcpState[] = {{"tp_btf", "tcp_state_btf"}};
constexpr HookAlternative tcpDestroy[] = {{"tp_btf", "tcp_destroy_btf"}};
constexpr HookAlternative tcpRetransmit[] = {{"tp_btf", "tcp_retransmit_btf"}};
constexpr HookAlternative tcpSendReset[] = {{"tp_btf", "tcp_send_reset_btf"}};
constexpr HookAlternative tcpReceiveReset[] = {{"tp_btf", "tcp_receive_reset_btf"}};
constexpr HookAlternative tcpExisting[] = {{"iter", "tcp_existing"}};

constexpr HookAlternative fork[] = {{"tp_btf", "task_fork_btf"}};
constexpr HookAlternative runqueueExisting[] = {{"iter", "runqueue_existing"}};
constexpr HookAlternative taskSwitch[] = {{"tp_btf", "switch_btf"}};
constexpr HookAlternative blockInsert[] = {{"tp_btf", "block_insert_btf"}, {"raw_tp", "block_insert_raw"}};
constexpr HookAlternative blockIssue[] = {{"tp_btf", "block_issue_btf"}, {"raw_tp", "block_issue_raw"}};
constexpr HookAlternative blockMerge[] = {{"tp_btf", "block_merge_btf"}, {"raw_tp", "block_merge_raw"}};
constexpr HookAlternative blockComplete[] = {{"tp_btf", "block_complete_btf"}, {"raw_tp", "block_complete_raw"}};

constexpr HookAlternative dnsEgress[] = {{"cgroup", "dns_egress"}};
constexpr HookAlternative dnsIngress[] = {{"cgroup", "dns_ingress"}};
constexpr HookAlternative dnsTimeouts[] = {{"run", "dns_timeouts"}};
constexpr HookAlternative httpEgress[] = {{"cgroup", "http_egress"}};
constexpr HookAlternative httpIngress[] = {{"cgroup", "http_ingress"}};
constexpr HookAlternative httpState[] = {{"tp_btf", "http_state_btf"}};
constexpr HookAlternative privilegeExec[] = {{"tp_btf", "privilege_exec_btf"}, {"raw_tp", "privilege_exec_raw"}};
constexpr HookAlternative privilegeExisting[] = {{"iter", "privilege_existing"}};
constexpr HookAlternative ptrace[] = {{"tp_btf", "ptrace_btf"}, {"raw_tp", "ptrace_raw"}};
constexpr HookAlternative moduleLoad[] = {{"tp_btf", "module_btf"}, {"raw_tp", "module_raw"}};
constexpr HookAlternative packetDrop[] = {{"tp_btf", "drop_btf"}, {"raw_tp", "drop_raw"}};
constexpr HookAlternative capable[] = {{"tp_btf", "capable_btf"}, {"raw_tp", "capable_raw"}};
constexpr HookAlternative entry[] = {{"tp_btf", "entry_btf"}, {"raw_tp", "entry_raw"}, {"tracepoint", "entry_tp"}};
constexpr HookAlternative fileExit[] = {{"tp_btf", "file_exit_btf"}, {"raw_tp", "file_exit_raw"}};
constexpr HookAlternative descriptorsUsed[] = {{"iter", "descriptors_used"}};
constexpr HookAlternative fileCounted[] = {{"run", "file_counted"}};

// One program each for two ways: what a program may be attached to is decided when it is loaded.
constexpr HookAlternative sslWrite[] = {{"uprobe_multi", "https_write_multi"}, {"uprobe", "https_write"}};
constexpr HookAlternative sslRead[] = {{"uprobe_multi", "https_read_multi"}, {"uprobe", "https_read"}};
constexpr HookAlternative sslReadEx[] = {{"uprobe_multi", "https_read_ex_multi"}, {"uprobe", "https_read_ex"}};
constexpr HookAlternative sslReadReturn[] = {{"uprobe_multi", "https_read_return_multi"}, {"uprobe", "https_read_return"}};
constexpr HookAlternative sslFree[] = {{"uprobe_multi", "https_free_multi"}, {"uprobe", "https_free"}};
constexpr HookAlternative sslPeer[] = {{"tp_btf", "https_peer_btf"}};
constexpr HookAlternative sslExit[] = {{"tp_btf", "https_exit_btf"}};

constexpr HookAlternative cgroupMake[] = {{"tp_btf", "cgroup_mkdir_btf"}, {"raw_tp", "cgroup_mkdir_raw"}};

constexpr HookSpec table[] = {
    {"process", "sched_process_exec", exec},
    {"process", "sched_process_exit", exit},
    {"oom", "mark_victim", oom},
    {"signal", "signal_generate", signal},
    // What ends a socket before what begins one: an entry that stays behind would be the next one's at that address.
    {"tcp", "tcp_destroy_sock", tcpDestroy, 0, Bond::Needed},
    {"tcp", "inet_sock_set_state", tcpState, 0, Bond::Needy},
    {"tcp", "tcp_retransmit_skb", tcpRetransmit},
    {"tcp", "tcp_send_reset", tcpSendReset},
    {"tcp", "tcp_receive_reset", tcpReceiveReset},
    {"tcp", "task_file", tcpExisting, 0, Bond::Needy},
    // Tasks that come, then those that are there; then what asks for what is kept with them.
    {"security", "sched_process_fork", fork, 0, Bond::Alone, "runqueue"},
    {"runqueue", "task", runqueueExisting},
    {"runqueue", "sched_switch", taskSwitch},
    {"blockio", "block_rq_insert", blockInsert},
    {"blockio", "block_rq_issue", blockIssue},
    {"blockio", "block_rq_merge", blockMerge},
    {"blockio", "block_rq_complete", blockComplete},
    {"dns", "cgroup_inet_egress", dnsEgress, 0, Bond::Needed, {}, "http"},
    {"dns", "cgroup_inet_ingress", dnsIngress, 0, Bond::Needed, {}, "http"},
    {"dns", "timeouts", dnsTimeouts, 0, Bond::Needy},
    {"http", "cgroup_inet_egress", httpEgress, 0, Bond::Needed},
    {"http", "cgroup_inet_ingress", httpIngress, 0, Bond::Needed},
    {"http", "inet_sock_set_state", httpState, 0, Bond::Needed, {}, "tcp"},
    {"security", "task", privilegeExisting},
    {"security", "sched_process_exec", privilegeExec},
    {"security", "signal_generate", ptrace},
    {"security", "module_load", moduleLoad},
    {"capability", "cap_capable", capable}, // came with 6.12, d48da4d5ed7b
    {"entry", "sched_process_exec", entry},
    {"drops", "kfree_skb", packetDrop, 3}, // the reason came with 5.17, c504e5c2f964
    {"file", "sys_exit", fileExit},
    {"file", "counted", fileCounted},
    {"descriptors", "task", descriptorsUsed},
    {"https", "SSL_write", sslWrite, 0, Bond::Needed},
    {"https", "SSL_read", sslRead, 0, Bond::Needed},
    {"https", "SSL_read_ex", sslReadEx, 0, Bond::Needed},
    {"https", "SSL_read return", sslReadReturn, 0, Bond::Needed},
    {"https", "SSL_free", sslFree, 0, Bond::Needed},
    {"https", "sock_recv_length", sslPeer, 0, Bond::Needy}, // with 6.3, 6e6eda44b939
    {"https", "sched_process_exit", sslExit, 0, Bond::Needy},
    {"cgroup", "cgroup_mkdir", cgroupMake, 2}, // the path came with 4.20, e4f8d81c738d
};

} // namespace

std::span<const HookSpec> hookTable() noexcept { return table; }

std::span<const std::string_view> collectorNames() noexcept { return names; }

} // namespace tapio::agent
