// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "protocol/wire/event.h"

/// The fields of every detail, as one table: what only needs to walk them (store, JSON, sizes, limits) takes no branch per type.
namespace tapio::wire {

struct Field {
    std::string_view name;    ///< as in details.h; the key in JSON
    std::size_t maxBytes = 0; ///< of a text, of each text of a list, or of bytes; 0 = none of these, or a list with limits of its own
    std::size_t maxItems = 0; ///< of a list of texts; 0 = none, or one with limits of its own
};

/// What the kernel gives, each byte of which may have become a replacement character of three bytes.
inline constexpr std::size_t taskNameBytes = 3 * 15;
inline constexpr std::size_t fileNameBytes = 3 * 255;

/// Makes every text of the detail valid UTF-8 of at most its field's bytes, cut between characters, and cuts bytes and lists to their
/// limits, of which the first stay: what encode() takes. A list of texts with limits of its own is left alone.
void fitTexts(Detail &detail);

template <typename T, typename As>
concept IsDetail = std::same_as<std::remove_const_t<T>, As>;

/// Calls visit(Field, value) with a reference to each field, const when the detail is. The order is that of the store's columns:
/// a new field goes to the end (console/core/store/eventrows.h).
template <IsDetail<std::monostate> D, typename Visit> void visitFields(D &, Visit &&) {}
template <IsDetail<ProcessExec> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"parentPid"}, d.parentPid);
    visit(Field{"parentComm", taskNameBytes}, d.parentComm);
    visit(Field{"filename", fileNameBytes}, d.filename);
    visit(Field{"arguments"}, d.arguments);
    visit(Field{"argumentsTruncated"}, d.argumentsTruncated);
    visit(Field{"fileModifiedNs"}, d.fileModifiedNs);
    visit(Field{"writtenAfterStart"}, d.writtenAfterStart);
}
template <IsDetail<ProcessExit> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"exitCode"}, d.exitCode);
    visit(Field{"signal"}, d.signal);
    visit(Field{"coreDumped"}, d.coreDumped);
    visit(Field{"durationNs"}, d.durationNs);
    visit(Field{"killerPid"}, d.killerPid);
    visit(Field{"killerComm", taskNameBytes}, d.killerComm);
}
template <IsDetail<OomKill> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"triggerPid"}, d.triggerPid);
    visit(Field{"triggerComm", taskNameBytes}, d.triggerComm);
    visit(Field{"totalVmBytes"}, d.totalVmBytes);
    visit(Field{"anonRssBytes"}, d.anonRssBytes);
    visit(Field{"fileRssBytes"}, d.fileRssBytes);
    visit(Field{"shmemRssBytes"}, d.shmemRssBytes);
    visit(Field{"pageTableBytes"}, d.pageTableBytes);
    visit(Field{"oomScoreAdj"}, d.oomScoreAdj);
}
template <IsDetail<FatalSignal> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"signal"}, d.signal);
    visit(Field{"code"}, d.code);
    visit(Field{"senderPid"}, d.senderPid);
    visit(Field{"senderComm", taskNameBytes}, d.senderComm);
}
template <IsDetail<TcpConnection> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"local"}, d.local);
    visit(Field{"remote"}, d.remote);
    visit(Field{"direction"}, d.direction);
    visit(Field{"outcome"}, d.outcome);
    visit(Field{"socketError"}, d.socketError);
    visit(Field{"established"}, d.established);
    visit(Field{"durationNs"}, d.durationNs);
    visit(Field{"connectLatencyNs"}, d.connectLatencyNs);
    visit(Field{"bytesSent"}, d.bytesSent);
    visit(Field{"bytesReceived"}, d.bytesReceived);
    visit(Field{"srttUs"}, d.srttUs);
    visit(Field{"retransmits"}, d.retransmits);
    visit(Field{"more"}, d.more);
}
template <IsDetail<DnsQuery> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"server"}, d.server);
    visit(Field{"name", DnsQuery::nameBytes}, d.name);
    visit(Field{"queryType"}, d.queryType);
    visit(Field{"responseCode"}, d.responseCode);
    visit(Field{"outcome"}, d.outcome);
    visit(Field{"latencyNs"}, d.latencyNs);
    visit(Field{"answers"}, d.answers);
    visit(Field{"attempts"}, d.attempts);
    visit(Field{"tcp"}, d.tcp);
    visit(Field{"truncated"}, d.truncated);
    visit(Field{"more"}, d.more);
}
template <IsDetail<HttpRequest> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"local"}, d.local);
    visit(Field{"remote"}, d.remote);
    visit(Field{"direction"}, d.direction);
    visit(Field{"method", HttpTexts::methodBytes}, d.texts->method);
    visit(Field{"target", HttpTexts::targetBytes}, d.texts->target);
    visit(Field{"route", HttpTexts::routeBytes}, d.texts->route);
    visit(Field{"host", HttpTexts::hostBytes}, d.texts->host);
    visit(Field{"status"}, d.status);
    visit(Field{"latencyNs"}, d.latencyNs);
    visit(Field{"requestBytes"}, d.requestBytes);
    visit(Field{"responseBytes"}, d.responseBytes);
    visit(Field{"pipelined"}, d.pipelined);
    visit(Field{"tls"}, d.tls);
    visit(Field{"aborted"}, d.aborted);
}
template <IsDetail<TlsFailure> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"local"}, d.local);
    visit(Field{"remote"}, d.remote);
    visit(Field{"direction"}, d.direction);
    visit(Field{"alert"}, d.alert);
    visit(Field{"sent"}, d.sent);
}
template <IsDetail<FileFailure> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"path", FileFailure::pathBytes}, d.path);
    visit(Field{"operation", FileFailure::operationBytes}, d.operation);
    visit(Field{"error"}, d.error);
    visit(Field{"flags"}, d.flags);
    visit(Field{"repeats"}, d.repeats);
    visit(Field{"limit"}, d.limit);
    visit(Field{"limitIsInodes"}, d.limitIsInodes);
    visit(Field{"left"}, d.left);
}
template <IsDetail<CapabilityUse> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"capability"}, d.capability);
    visit(Field{"granted"}, d.granted);
    visit(Field{"repeats"}, d.repeats);
}
template <IsDetail<PrivilegeGain> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"oldUid"}, d.oldUid);
    visit(Field{"newUid"}, d.newUid);
    visit(Field{"oldEuid"}, d.oldEuid);
    visit(Field{"newEuid"}, d.newEuid);
    visit(Field{"oldGid"}, d.oldGid);
    visit(Field{"newGid"}, d.newGid);
    visit(Field{"gainedCapabilities"}, d.gainedCapabilities);
    visit(Field{"how", PrivilegeGain::howBytes}, d.how);
    visit(Field{"filename", PrivilegeGain::filenameBytes}, d.filename);
}
template <IsDetail<PtraceAttach> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"targetPid"}, d.targetPid);
    visit(Field{"targetComm", taskNameBytes}, d.targetComm);
    visit(Field{"request"}, d.request);
    visit(Field{"error"}, d.error);
}
template <IsDetail<ModuleLoad> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"name", ModuleLoad::nameBytes}, d.name);
    visit(Field{"taints"}, d.taints);
}
template <IsDetail<Mount> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"source", Mount::sourceBytes}, d.source);
    visit(Field{"target", Mount::targetBytes}, d.target);
    visit(Field{"fsType", Mount::fsTypeBytes}, d.fsType);
    visit(Field{"flags"}, d.flags);
    visit(Field{"error"}, d.error);
    visit(Field{"unmount"}, d.unmount);
}
template <IsDetail<Login> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"success"}, d.success);
    visit(Field{"user", Login::userBytes}, d.user);
    visit(Field{"method", Login::methodBytes}, d.method);
    visit(Field{"service", Login::serviceBytes}, d.service);
    visit(Field{"remote", Login::remoteBytes}, d.remote);
    visit(Field{"repeats"}, d.repeats);
}
template <IsDetail<KernelLog> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"priority"}, d.priority);
    visit(Field{"facility"}, d.facility);
    visit(Field{"sequence"}, d.sequence);
    visit(Field{"text", KernelLog::textBytes}, d.text);
}
template <IsDetail<AgentNotice> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"kind"}, d.kind);
    visit(Field{"what", AgentNotice::whatBytes}, d.what);
    visit(Field{"text", AgentNotice::textBytes}, d.text);
    visit(Field{"measured"}, d.measured);
    visit(Field{"limit"}, d.limit);
    visit(Field{"unit", AgentNotice::unitBytes}, d.unit);
}
template <IsDetail<DrillLabel> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"drill", DrillLabel::drillBytes}, d.drill);
    visit(Field{"target", DrillLabel::targetBytes}, d.target);
    visit(Field{"phase", DrillLabel::phaseBytes}, d.phase);
    visit(Field{"fromNs"}, d.fromNs);
    visit(Field{"toNs"}, d.toNs);
    visit(Field{"runId"}, d.runId);
    visit(Field{"signature", DrillLabel::signatureBytes}, d.signature);
}
template <IsDetail<MemoryEvents> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"low"}, d.low);
    visit(Field{"high"}, d.high);
    visit(Field{"max"}, d.max);
    visit(Field{"oom"}, d.oom);
    visit(Field{"oomKill"}, d.oomKill);
    visit(Field{"oomGroupKill"}, d.oomGroupKill);
    visit(Field{"underOom"}, d.underOom);
    visit(Field{"currentBytes"}, d.currentBytes);
    visit(Field{"limitBytes"}, d.limitBytes);
    visit(Field{"cacheBytes"}, d.cacheBytes);
}
template <IsDetail<PressureStall> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    visit(Field{"resource"}, d.resource);
    visit(Field{"full"}, d.full);
    visit(Field{"ended"}, d.ended);
    visit(Field{"thresholdUs"}, d.thresholdUs);
    visit(Field{"windowUs"}, d.windowUs);
    visit(Field{"avg10BasisPoints"}, d.avg10BasisPoints);
    visit(Field{"stallUs"}, d.stallUs);
    visit(Field{"durationNs"}, d.durationNs);
}
template <IsDetail<Boxed<Insight>> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    auto &insight = *d;
    visit(Field{"id"}, insight.id);
    visit(Field{"rule", Insight::ruleBytes}, insight.rule);
    visit(Field{"state"}, insight.state);
    visit(Field{"rootKind"}, insight.rootKind);
    visit(Field{"root", Insight::entityBytes}, insight.root);
    visit(Field{"text", Insight::textBytes}, insight.text);
    visit(Field{"fromNs"}, insight.fromNs);
    visit(Field{"toNs"}, insight.toNs);
    visit(Field{"evidenceCount"}, insight.evidenceCount);
    visit(Field{"score"}, insight.score);
    visit(Field{"evidence", Insight::lineBytes, Insight::mostEvidence}, insight.evidence);
    visit(Field{"contradicting", Insight::lineBytes, Insight::mostContradicting}, insight.contradicting);
    visit(Field{"affected", Insight::entityBytes, Insight::mostAffected}, insight.affected);
    visit(Field{"settle", Insight::textBytes}, insight.settle);
    visit(Field{"runbook", Insight::runbookBytes}, insight.runbook);
    visit(Field{"owners", Insight::entityBytes, Insight::mostOwners}, insight.owners);
}
template <IsDetail<Boxed<KubernetesFact>> D, typename Visit> void visitFields(D &d, Visit &&visit)
{
    auto &fact = *d;
    visit(Field{"kind"}, fact.kind);
    visit(Field{"resource", KubernetesFact::resourceBytes}, fact.resource);
    visit(Field{"message", KubernetesFact::messageBytes}, fact.message);
    visit(Field{"source", KubernetesFact::sourceBytes}, fact.source);
    visit(Field{"volume", KubernetesFact::volumeBytes}, fact.volume);
    visit(Field{"file", KubernetesFact::fileBytes}, fact.file);
    visit(Field{"subject", KubernetesFact::subjectBytes}, fact.subject);
    visit(Field{"notAfterNs"}, fact.notAfterNs);
    visit(Field{"leftNs"}, fact.leftNs);
    visit(Field{"node", KubernetesFact::nodeBytes}, fact.node);
    visit(Field{"reason", KubernetesFact::reasonBytes}, fact.reason);
    visit(Field{"sinceNs"}, fact.sinceNs);
}

} // namespace tapio::wire
