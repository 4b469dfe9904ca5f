// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "protocol/wire/detaillayout.h"
#include "protocol/wire/detaillimits.h"

namespace tapio::wire {

namespace {

SocketAddress join(AddressHalves halves, std::uint16_t port) noexcept
{
    SocketAddress address;
    for (std::size_t i = 8; i-- > 0;) {
        address.bytes[i] = static_cast<std::uint8_t>(halves.high);
        address.bytes[i + 8] = static_cast<std::uint8_t>(halves.low);
        halves.high >>= 8;
        halves.low >>= 8;
    }
    address.port = port;
    return address;
}

ProcessExec readExec(const LayoutReader &reader, schema::ProcessExec::Reader from)
{
    ProcessExec to;
    to.parentPid = from.getParentPid();
    to.argumentsTruncated = from.getArgumentsTruncated();
    to.fileModifiedNs = from.getFileModifiedNs();
    to.writtenAfterStart = from.getWrittenAfterStart();
    to.parentComm = reader.comm(from.getParentComm());
    to.filename = reader.text(from.getFilename());
    const auto arguments = from.getArguments();
    if (arguments.size() > reader.limits().arguments)
        throw Refusal{Errc::Malformed, std::to_string(arguments.size()) + " arguments exceed arguments"};
    to.arguments = reader.texts(arguments);
    requireExecTexts(to, reader.limits(), Errc::Malformed);
    return to;
}

ProcessExit readExit(const LayoutReader &reader, schema::ProcessExit::Reader from)
{
    ProcessExit to;
    to.exitCode = from.getExitCode();
    to.signal = from.getSignal();
    to.coreDumped = from.getCoreDumped();
    to.durationNs = from.getDurationNs();
    to.killerPid = from.getKillerPid();
    to.killerComm = reader.comm(from.getKillerComm());
    return to;
}

OomKill readOomKill(const LayoutReader &reader, schema::OomKill::Reader from)
{
    OomKill to;
    to.triggerPid = from.getTriggerPid();
    to.triggerComm = reader.comm(from.getTriggerComm());
    to.totalVmBytes = from.getTotalVmBytes();
    to.anonRssBytes = from.getAnonRssBytes();
    to.fileRssBytes = from.getFileRssBytes();
    to.shmemRssBytes = from.getShmemRssBytes();
    to.pageTableBytes = from.getPageTableBytes();
    to.oomScoreAdj = from.getOomScoreAdj();
    return to;
}

FatalSignal readFatalSignal(const LayoutReader &reader, schema::FatalSignal::Reader from)
{
    FatalSignal to;
    to.signal = from.getSignal();
    to.code = from.getCode();
    to.senderPid = from.getSenderPid();
    to.senderComm = reader.comm(from.getSenderComm());
    return to;
}

TcpConnection readTcp(schema::TcpConnection::Reader from)
{
    TcpConnection to;
    to.local = join({from.getLocalHigh(), from.getLocalLow()}, from.getLocalPort());
    to.remote = join({from.getRemoteHigh(), from.getRemoteLow()}, from.getRemotePort());
    to.direction = static_cast<TcpDirection>(from.getDirection());
    to.outcome = static_cast<TcpOutcome>(from.getOutcome());
    to.socketError = from.getSocketError();
    to.established = from.getEstablished();
    to.durationNs = from.getDurationNs();
    to.connectLatencyNs = from.getConnectLatencyNs();
    to.bytesSent = from.getBytesSent();
    to.bytesReceived = from.getBytesReceived();
    to.srttUs = from.getSrttUs();
    to.retransmits = from.getRetransmits();
    to.more = from.getMore();
    return to;
}

DnsQuery readDns(const LayoutReader &reader, schema::DnsQuery::Reader from)
{
    DnsQuery to;
    to.server = join({from.getServerHigh(), from.getServerLow()}, from.getServerPort());
    to.queryType = from.getQueryType();
    to.responseCode = from.getResponseCode();
    to.latencyNs = from.getLatencyNs();
    to.answers = from.getAnswers();
    to.attempts = from.getAttempts();
    to.tcp = from.getTcp();
    to.truncated = from.getTruncated();
    to.more = from.getMore();
    to.outcome = static_cast<DnsOutcome>(from.getOutcome());
    to.name = reader.text(from.getName());
    requireTexts(to, Errc::Malformed);
    return to;
}

TlsFailure readTlsFailure(schema::TlsFailure::Reader from)
{
    TlsFailure to;
    to.local = join({from.getLocalHigh(), from.getLocalLow()}, from.getLocalPort());
    to.remote = join({from.getRemoteHigh(), from.getRemoteLow()}, from.getRemotePort());
    to.direction = static_cast<TcpDirection>(from.getDirection());
    to.alert = from.getAlert();
    to.sent = from.getSent();
    return to;
}

HttpRequest readHttp(const LayoutReader &reader, schema::HttpRequest::Reader from)
{
    HttpRequest to;
    to.local = join({from.getLocalHigh(), from.getLocalLow()}, from.getLocalPort());
    to.remote = join({from.getRemoteHigh(), from.getRemoteLow()}, from.getRemotePort());
    to.direction = static_cast<TcpDirection>(from.getDirection());
    to.status = from.getStatus();
    to.latencyNs = from.getLatencyNs();
    to.requestBytes = from.getRequestBytes();
    to.responseBytes = from.getResponseBytes();
    to.pipelined = from.getPipelined();
    to.tls = from.getTls();
    to.aborted = from.getAborted();
    if (!from.hasMethod() && !from.hasTarget() && !from.hasRoute() && !from.hasHost())
        return to;
    reader.charge(sizeof(HttpTexts));
    to.texts =
        HttpTexts{reader.text(from.getMethod()), reader.text(from.getTarget()), reader.text(from.getRoute()), reader.text(from.getHost())};
    requireTexts(to, Errc::Malformed);
    return to;
}

FileFailure readFileFailure(const LayoutReader &reader, schema::FileFailure::Reader from)
{
    FileFailure to;
    to.error = from.getError();
    to.flags = from.getFlags();
    to.repeats = from.getRepeats();
    to.limit = from.getLimit();
    to.limitIsInodes = from.getLimitIsInodes();
    to.left = from.getLeft();
    to.path = reader.text(from.getPath());
    to.operation = reader.text(from.getOperation());
    requireTexts(to, Errc::Malformed);
    return to;
}

CapabilityUse readCapabilityUse(schema::CapabilityUse::Reader from)
{
    CapabilityUse to;
    to.capability = from.getCapability();
    to.granted = from.getGranted();
    to.repeats = from.getRepeats();
    return to;
}

PrivilegeGain readPrivilegeGain(const LayoutReader &reader, schema::PrivilegeGain::Reader from)
{
    PrivilegeGain to;
    to.oldUid = from.getOldUid();
    to.newUid = from.getNewUid();
    to.oldEuid = from.getOldEuid();
    to.newEuid = from.getNewEuid();
    to.oldGid = from.getOldGid();
    to.newGid = from.getNewGid();
    to.gainedCapabilities = from.getGainedCapabilities();
    to.how = reader.text(from.getHow());
    to.filename = reader.text(from.getFilename());
    requireTexts(to, Errc::Malformed);
    return to;
}

PtraceAttach readPtraceAttach(const LayoutReader &reader, schema::PtraceAttach::Reader from)
{
    PtraceAttach to;
    to.targetPid = from.getTargetPid();
    to.request = from.getRequest();
    to.error = from.getError();
    to.targetComm = reader.comm(from.getTargetComm());
    requireTexts(to, Errc::Malformed);
    return to;
}

ModuleLoad readModuleLoad(const LayoutReader &reader, schema::ModuleLoad::Reader from)
{
    ModuleLoad to;
    to.taints = from.getTaints();
    to.name = reader.text(from.getName());
    requireTexts(to, Errc::Malformed);
    return to;
}

Mount readMount(const LayoutReader &reader, schema::Mount::Reader from)
{
    Mount to;
    to.flags = from.getFlags();
    to.error = from.getError();
    to.unmount = from.getUnmount();
    to.source = reader.text(from.getSource());
    to.target = reader.text(from.getTarget());
    to.fsType = reader.text(from.getFsType());
    requireTexts(to, Errc::Malformed);
    return to;
}

Login readLogin(const LayoutReader &reader, schema::Login::Reader from)
{
    Login to;
    to.success = from.getSuccess();
    to.repeats = from.getRepeats();
    to.user = reader.text(from.getUser());
    to.method = reader.text(from.getMethod());
    to.service = reader.text(from.getService());
    to.remote = reader.text(from.getRemote());
    requireTexts(to, Errc::Malformed);
    return to;
}

KernelLog readKernelLog(const LayoutReader &reader, schema::KernelLog::Reader from)
{
    KernelLog to;
    to.priority = from.getPriority();
    to.facility = from.getFacility();
    to.sequence = from.getSequence();
    to.text = reader.text(from.getText());
    requireTexts(to, Errc::Malformed);
    return to;
}

AgentNotice readAgentNotice(const LayoutReader &reader, schema::AgentNotice::Reader from)
{
    AgentNotice to;
    to.measured = from.getMeasured();
    to.limit = from.getLimit();
    to.kind = static_cast<AgentNoticeKind>(from.getKind());
    to.what = reader.text(from.getWhat());
    to.text = reader.text(from.getText());
    to.unit = reader.text(from.getUnit());
    requireTexts(to, Errc::Malformed);
    return to;
}

DrillLabel readDrillLabel(const LayoutReader &reader, schema::DrillLabel::Reader from)
{
    DrillLabel to;
    to.fromNs = from.getFromNs();
    to.toNs = from.getToNs();
    to.runId = from.getRunId();
    to.drill = reader.text(from.getDrill());
    to.target = reader.text(from.getTarget());
    to.phase = reader.text(from.getPhase());
    const auto signature = from.getSignature();
    requireText(signature.size(), DrillLabel::signatureBytes, "signature", Errc::Malformed);
    reader.charge(signature.size());
    to.signature.resize(signature.size());
    std::transform(signature.begin(), signature.end(), to.signature.begin(), [](kj::byte byte) { return std::byte{byte}; });
    requireTexts(to, Errc::Malformed);
    return to;
}

MemoryEvents readMemoryEvents(schema::MemoryEvents::Reader from)
{
    MemoryEvents to;
    to.low = from.getLow();
    to.high = from.getHigh();
    to.max = from.getMax();
    to.oom = from.getOom();
    to.oomKill = from.getOomKill();
    to.oomGroupKill = from.getOomGroupKill();
    to.underOom = from.getUnderOom();
    to.currentBytes = from.getCurrentBytes();
    to.limitBytes = from.getLimitBytes();
    to.cacheBytes = from.getCacheBytes();
    return to;
}

PressureStall readPressureStall(schema::PressureStall::Reader from)
{
    PressureStall to;
    to.resource = static_cast<PressureResource>(from.getResource());
    to.full = from.getFull();
    to.ended = from.getEnded();
    to.thresholdUs = from.getThresholdUs();
    to.windowUs = from.getWindowUs();
    to.avg10BasisPoints = from.getAvg10BasisPoints();
    to.stallUs = from.getStallUs();
    to.durationNs = from.getDurationNs();
    return to;
}

/// As many as the field may have: counted before memory is taken for them.
std::vector<std::string> readLines(const LayoutReader &reader, capnp::List<capnp::Text>::Reader from, std::size_t most,
                                   std::string_view name)
{
    requireItems(from.size(), most, name, Errc::Malformed);
    return reader.texts(from);
}

Boxed<Insight> readInsight(const LayoutReader &reader, schema::Insight::Reader from)
{
    reader.charge(sizeof(Insight));
    Insight to;
    to.id = from.getId();
    to.fromNs = from.getFromNs();
    to.toNs = from.getToNs();
    to.evidenceCount = from.getEvidenceCount();
    to.state = static_cast<InsightState>(from.getState());
    to.rootKind = static_cast<EntityKind>(from.getRootKind());
    to.score = from.getScore();
    to.rule = reader.text(from.getRule());
    to.root = reader.text(from.getRoot());
    to.text = reader.text(from.getText());
    to.evidence = readLines(reader, from.getEvidence(), Insight::mostEvidence, "evidence");
    to.contradicting = readLines(reader, from.getContradicting(), Insight::mostContradicting, "contradicting");
    to.affected = readLines(reader, from.getAffected(), Insight::mostAffected, "affected");
    to.owners = readLines(reader, from.getOwners(), Insight::mostOwners, "owners");
    to.settle = reader.text(from.getSettle());
    to.runbook = reader.text(from.getRunbook());
    Boxed<Insight> boxed(std::move(to));
    requireTexts(boxed, Errc::Malformed);
    return boxed;
}

Boxed<KubernetesFact> readKubernetesFact(const LayoutReader &reader, schema::KubernetesFact::Reader from)
{
    reader.charge(sizeof(KubernetesFact));
    KubernetesFact to;
    to.notAfterNs = from.getNotAfterNs();
    to.leftNs = from.getLeftNs();
    to.kind = static_cast<KubernetesFactKind>(from.getKind());
    to.resource = reader.text(from.getResource());
    to.message = reader.text(from.getMessage());
    to.source = reader.text(from.getSource());
    to.volume = reader.text(from.getVolume());
    to.file = reader.text(from.getFile());
    to.subject = reader.text(from.getSubject());
    to.node = reader.text(from.getNode());
    to.reason = reader.text(from.getReason());
    to.sinceNs = from.getSinceNs();
    Boxed<KubernetesFact> boxed(std::move(to));
    requireTexts(boxed, Errc::Malformed);
    return boxed;
}

} // namespace

void read(Detail &to, const LayoutReader &reader, schema::Event::Detail::Reader from)
{
    switch (from.which()) {
    case schema::Event::Detail::NONE: break;
    case schema::Event::Detail::EXEC: to = readExec(reader, from.getExec()); break;
    case schema::Event::Detail::EXIT: to = readExit(reader, from.getExit()); break;
    case schema::Event::Detail::OOM_KILL: to = readOomKill(reader, from.getOomKill()); break;
    case schema::Event::Detail::FATAL_SIGNAL: to = readFatalSignal(reader, from.getFatalSignal()); break;
    case schema::Event::Detail::TCP: to = readTcp(from.getTcp()); break;
    case schema::Event::Detail::DNS: to = readDns(reader, from.getDns()); break;
    case schema::Event::Detail::HTTP: to = readHttp(reader, from.getHttp()); break;
    case schema::Event::Detail::FILE_FAILURE: to = readFileFailure(reader, from.getFileFailure()); break;
    case schema::Event::Detail::CAPABILITY_USE: to = readCapabilityUse(from.getCapabilityUse()); break;
    case schema::Event::Detail::PRIVILEGE_GAIN: to = readPrivilegeGain(reader, from.getPrivilegeGain()); break;
    case schema::Event::Detail::PTRACE_ATTACH: to = readPtraceAttach(reader, from.getPtraceAttach()); break;
    case schema::Event::Detail::MODULE_LOAD: to = readModuleLoad(reader, from.getModuleLoad()); break;
    case schema::Event::Detail::MOUNT: to = readMount(reader, from.getMount()); break;
    case schema::Event::Detail::LOGIN: to = readLogin(reader, from.getLogin()); break;
    case schema::Event::Detail::KERNEL_LOG: to = readKernelLog(reader, from.getKernelLog()); break;
    case schema::Event::Detail::AGENT_NOTICE: to = readAgentNotice(reader, from.getAgentNotice()); break;
    case schema::Event::Detail::DRILL_LABEL: to = readDrillLabel(reader, from.getDrillLabel()); break;
    case schema::Event::Detail::MEMORY_EVENTS: to = readMemoryEvents(from.getMemoryEvents()); break;
    case schema::Event::Detail::PRESSURE_STALL: to = readPressureStall(from.getPressureStall()); break;
    case schema::Event::Detail::INSIGHT: to = readInsight(reader, from.getInsight()); break;
    case schema::Event::Detail::KUBERNETES_FACT: to = readKubernetesFact(reader, from.getKubernetesFact()); break;
    case schema::Event::Detail::TLS_FAILURE: to = readTlsFailure(from.getTlsFailure()); break;
    }
}

} // namespace tapio::wire
