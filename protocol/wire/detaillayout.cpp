// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/detaillayout.h"

#include "protocol/wire/detaillimits.h"

namespace tapio::wire {

namespace {

template <typename D> struct SchemaOf;
template <> struct SchemaOf<ProcessExec> {
    using Type = schema::ProcessExec;
};
template <> struct SchemaOf<ProcessExit> {
    using Type = schema::ProcessExit;
};
template <> struct SchemaOf<OomKill> {
    using Type = schema::OomKill;
};
template <> struct SchemaOf<FatalSignal> {
    using Type = schema::FatalSignal;
};
template <> struct SchemaOf<TcpConnection> {
    using Type = schema::TcpConnection;
};
template <> struct SchemaOf<DnsQuery> {
    using Type = schema::DnsQuery;
};
template <> struct SchemaOf<HttpRequest> {
    using Type = schema::HttpRequest;
};
template <> struct SchemaOf<FileFailure> {
    using Type = schema::FileFailure;
};
template <> struct SchemaOf<CapabilityUse> {
    using Type = schema::CapabilityUse;
};
template <> struct SchemaOf<PrivilegeGain> {
    using Type = schema::PrivilegeGain;
};
template <> struct SchemaOf<PtraceAttach> {
    using Type = schema::PtraceAttach;
};
template <> struct SchemaOf<ModuleLoad> {
    using Type = schema::ModuleLoad;
};
template <> struct SchemaOf<Mount> {
    using Type = schema::Mount;
};
template <> struct SchemaOf<Login> {
    using Type = schema::Login;
};
template <> struct SchemaOf<KernelLog> {
    using Type = schema::KernelLog;
};
template <> struct SchemaOf<AgentNotice> {
    using Type = schema::AgentNotice;
};
template <> struct SchemaOf<DrillLabel> {
    using Type = schema::DrillLabel;
};
template <> struct SchemaOf<MemoryEvents> {
    using Type = schema::MemoryEvents;
};
template <> struct SchemaOf<PressureStall> {
    using Type = schema::PressureStall;
};
template <> struct SchemaOf<Boxed<Insight>> {
    using Type = schema::Insight;
};
template <> struct SchemaOf<Boxed<KubernetesFact>> {
    using Type = schema::KubernetesFact;
};
template <> struct SchemaOf<TlsFailure> {
    using Type = schema::TlsFailure;
};

struct FieldWords {
    std::size_t &words;

    template <typename T> void operator()(const Field &, const T &) const noexcept {}
    void operator()(const Field &, const std::string &text) const noexcept { words += textWords(text); }
    void operator()(const Field &, const std::vector<std::string> &texts) const noexcept
    {
        for (const auto &text : texts)
            words += 1 + textWords(text);
    }
    void operator()(const Field &, const std::vector<std::byte> &bytes) const noexcept { words += (bytes.size() + 7) / 8; }
};

struct DetailWords {
    std::size_t operator()(std::monostate) const noexcept { return 0; }
    template <typename D> std::size_t operator()(const D &detail) const noexcept
    {
        std::size_t words = capnp::sizeInWords<typename SchemaOf<D>::Type>();
        visitFields(detail, FieldWords{words});
        return words;
    }
};

AddressHalves split(const SocketAddress &address) noexcept
{
    AddressHalves halves;
    for (std::size_t i = 0; i < 8; ++i) {
        halves.high = halves.high << 8 | address.bytes[i];
        halves.low = halves.low << 8 | address.bytes[i + 8];
    }
    return halves;
}

/// Both ends of a connection, for structures that name them alike.
template <typename Builder> void setEnds(Builder &to, const SocketAddress &local, const SocketAddress &remote)
{
    const AddressHalves localHalves = split(local);
    const AddressHalves remoteHalves = split(remote);
    to.setLocalHigh(localHalves.high);
    to.setLocalLow(localHalves.low);
    to.setLocalPort(local.port);
    to.setRemoteHigh(remoteHalves.high);
    to.setRemoteLow(remoteHalves.low);
    to.setRemotePort(remote.port);
}

struct DetailWriter {
    schema::Event::Detail::Builder to;

    void operator()(std::monostate) {}

    void operator()(const ProcessExec &from)
    {
        requireExecTexts(from, DecodeLimits(), Errc::InvalidArgument);
        auto exec = to.initExec();
        exec.setParentPid(from.parentPid);
        exec.setArgumentsTruncated(from.argumentsTruncated);
        exec.setFileModifiedNs(from.fileModifiedNs);
        exec.setWrittenAfterStart(from.writtenAfterStart);
        setComm(from.parentComm, [&](auto text) { exec.setParentComm(text); });
        setText(from.filename, [&](auto text) { exec.setFilename(text); });
        setTexts(from.arguments, [&](unsigned size) { return exec.initArguments(size); });
    }

    void operator()(const ProcessExit &from)
    {
        auto exit = to.initExit();
        exit.setExitCode(from.exitCode);
        exit.setSignal(from.signal);
        exit.setDurationNs(from.durationNs);
        exit.setKillerPid(from.killerPid);
        exit.setCoreDumped(from.coreDumped);
        setComm(from.killerComm, [&](auto text) { exit.setKillerComm(text); });
    }

    void operator()(const OomKill &from)
    {
        auto kill = to.initOomKill();
        kill.setTriggerPid(from.triggerPid);
        kill.setOomScoreAdj(from.oomScoreAdj);
        kill.setTotalVmBytes(from.totalVmBytes);
        kill.setAnonRssBytes(from.anonRssBytes);
        kill.setFileRssBytes(from.fileRssBytes);
        kill.setShmemRssBytes(from.shmemRssBytes);
        kill.setPageTableBytes(from.pageTableBytes);
        setComm(from.triggerComm, [&](auto text) { kill.setTriggerComm(text); });
    }

    void operator()(const FatalSignal &from)
    {
        auto fatal = to.initFatalSignal();
        fatal.setSignal(from.signal);
        fatal.setCode(from.code);
        fatal.setSenderPid(from.senderPid);
        setComm(from.senderComm, [&](auto text) { fatal.setSenderComm(text); });
    }

    void operator()(const TcpConnection &from)
    {
        auto tcp = to.initTcp();
        setEnds(tcp, from.local, from.remote);
        tcp.setDurationNs(from.durationNs);
        tcp.setConnectLatencyNs(from.connectLatencyNs);
        tcp.setBytesSent(from.bytesSent);
        tcp.setBytesReceived(from.bytesReceived);
        tcp.setSrttUs(from.srttUs);
        tcp.setRetransmits(from.retransmits);
        tcp.setSocketError(from.socketError);
        tcp.setDirection(static_cast<std::uint8_t>(from.direction));
        tcp.setOutcome(static_cast<std::uint8_t>(from.outcome));
        tcp.setEstablished(from.established);
        tcp.setMore(from.more);
    }

    void operator()(const DnsQuery &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto dns = to.initDns();
        const AddressHalves server = split(from.server);
        dns.setServerHigh(server.high);
        dns.setServerLow(server.low);
        dns.setServerPort(from.server.port);
        dns.setQueryType(from.queryType);
        dns.setResponseCode(from.responseCode);
        dns.setLatencyNs(from.latencyNs);
        dns.setAnswers(from.answers);
        dns.setAttempts(from.attempts);
        dns.setTcp(from.tcp);
        dns.setTruncated(from.truncated);
        dns.setMore(from.more);
        dns.setOutcome(static_cast<std::uint8_t>(from.outcome));
        setText(from.name, [&](auto text) { dns.setName(text); });
    }

    void operator()(const HttpRequest &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto http = to.initHttp();
        setEnds(http, from.local, from.remote);
        http.setDirection(static_cast<std::uint8_t>(from.direction));
        http.setStatus(from.status);
        http.setLatencyNs(from.latencyNs);
        http.setRequestBytes(from.requestBytes);
        http.setResponseBytes(from.responseBytes);
        http.setPipelined(from.pipelined);
        http.setTls(from.tls);
        http.setAborted(from.aborted);
        setText(from.texts->method, [&](auto text) { http.setMethod(text); });
        setText(from.texts->target, [&](auto text) { http.setTarget(text); });
        setText(from.texts->route, [&](auto text) { http.setRoute(text); });
        setText(from.texts->host, [&](auto text) { http.setHost(text); });
    }

    void operator()(const TlsFailure &from)
    {
        auto failure = to.initTlsFailure();
        setEnds(failure, from.local, from.remote);
        failure.setDirection(static_cast<std::uint8_t>(from.direction));
        failure.setAlert(from.alert);
        failure.setSent(from.sent);
    }

    void operator()(const FileFailure &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto failure = to.initFileFailure();
        failure.setError(from.error);
        failure.setFlags(from.flags);
        failure.setRepeats(from.repeats);
        failure.setLimit(from.limit);
        failure.setLimitIsInodes(from.limitIsInodes);
        failure.setLeft(from.left);
        setText(from.path, [&](auto text) { failure.setPath(text); });
        setText(from.operation, [&](auto text) { failure.setOperation(text); });
    }

    void operator()(const CapabilityUse &from)
    {
        auto use = to.initCapabilityUse();
        use.setCapability(from.capability);
        use.setGranted(from.granted);
        use.setRepeats(from.repeats);
    }

    void operator()(const PrivilegeGain &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto gain = to.initPrivilegeGain();
        gain.setOldUid(from.oldUid);
        gain.setNewUid(from.newUid);
        gain.setOldEuid(from.oldEuid);
        gain.setNewEuid(from.newEuid);
        gain.setOldGid(from.oldGid);
        gain.setNewGid(from.newGid);
        gain.setGainedCapabilities(from.gainedCapabilities);
        setText(from.how, [&](auto text) { gain.setHow(text); });
        setText(from.filename, [&](auto text) { gain.setFilename(text); });
    }

    void operator()(const PtraceAttach &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto attach = to.initPtraceAttach();
        attach.setTargetPid(from.targetPid);
        attach.setRequest(from.request);
        attach.setError(from.error);
        setComm(from.targetComm, [&](auto text) { attach.setTargetComm(text); });
    }

    void operator()(const ModuleLoad &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto load = to.initModuleLoad();
        load.setTaints(from.taints);
        setText(from.name, [&](auto text) { load.setName(text); });
    }

    void operator()(const Mount &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto mount = to.initMount();
        mount.setFlags(from.flags);
        mount.setError(from.error);
        mount.setUnmount(from.unmount);
        setText(from.source, [&](auto text) { mount.setSource(text); });
        setText(from.target, [&](auto text) { mount.setTarget(text); });
        setText(from.fsType, [&](auto text) { mount.setFsType(text); });
    }

    void operator()(const Login &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto login = to.initLogin();
        login.setSuccess(from.success);
        login.setRepeats(from.repeats);
        setText(from.user, [&](auto text) { login.setUser(text); });
        setText(from.method, [&](auto text) { login.setMethod(text); });
        setText(from.service, [&](auto text) { login.setService(text); });
        setText(from.remote, [&](auto text) { login.setRemote(text); });
    }

    void operator()(const KernelLog &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto log = to.initKernelLog();
        log.setPriority(from.priority);
        log.setFacility(from.facility);
        log.setSequence(from.sequence);
        setText(from.text, [&](auto text) { log.setText(text); });
    }

    void operator()(const AgentNotice &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto notice = to.initAgentNotice();
        notice.setMeasured(from.measured);
        notice.setLimit(from.limit);
        notice.setKind(static_cast<std::uint8_t>(from.kind));
        setText(from.what, [&](auto text) { notice.setWhat(text); });
        setText(from.text, [&](auto text) { notice.setText(text); });
        setText(from.unit, [&](auto text) { notice.setUnit(text); });
    }

    void operator()(const DrillLabel &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto label = to.initDrillLabel();
        label.setFromNs(from.fromNs);
        label.setToNs(from.toNs);
        label.setRunId(from.runId);
        setText(from.drill, [&](auto text) { label.setDrill(text); });
        setText(from.target, [&](auto text) { label.setTarget(text); });
        setText(from.phase, [&](auto text) { label.setPhase(text); });
        if (!from.signature.empty())
            label.setSignature({reinterpret_cast<const kj::byte *>(from.signature.data()), from.signature.size()});
    }

    void operator()(const MemoryEvents &from)
    {
        auto memory = to.initMemoryEvents();
        memory.setLow(from.low);
        memory.setHigh(from.high);
        memory.setMax(from.max);
        memory.setOom(from.oom);
        memory.setOomKill(from.oomKill);
        memory.setOomGroupKill(from.oomGroupKill);
        memory.setUnderOom(from.underOom);
        memory.setCurrentBytes(from.currentBytes);
        memory.setLimitBytes(from.limitBytes);
        memory.setCacheBytes(from.cacheBytes);
    }

    void operator()(const PressureStall &from)
    {
        auto stall = to.initPressureStall();
        stall.setResource(static_cast<std::uint8_t>(from.resource));
        stall.setFull(from.full);
        stall.setEnded(from.ended);
        stall.setThresholdUs(from.thresholdUs);
        stall.setWindowUs(from.windowUs);
        stall.setAvg10BasisPoints(from.avg10BasisPoints);
        stall.setStallUs(from.stallUs);
        stall.setDurationNs(from.durationNs);
    }

    void operator()(const Boxed<Insight> &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto insight = to.initInsight();
        insight.setId(from->id);
        insight.setFromNs(from->fromNs);
        insight.setToNs(from->toNs);
        insight.setEvidenceCount(from->evidenceCount);
        insight.setState(static_cast<std::uint8_t>(from->state));
        insight.setRootKind(static_cast<std::uint8_t>(from->rootKind));
        insight.setScore(from->score);
        setText(from->rule, [&](auto text) { insight.setRule(text); });
        setText(from->root, [&](auto text) { insight.setRoot(text); });
        setText(from->text, [&](auto text) { insight.setText(text); });
        setTexts(from->evidence, [&](unsigned size) { return insight.initEvidence(size); });
        setTexts(from->contradicting, [&](unsigned size) { return insight.initContradicting(size); });
        setTexts(from->affected, [&](unsigned size) { return insight.initAffected(size); });
        setTexts(from->owners, [&](unsigned size) { return insight.initOwners(size); });
        setText(from->settle, [&](auto text) { insight.setSettle(text); });
        setText(from->runbook, [&](auto text) { insight.setRunbook(text); });
    }

    void operator()(const Boxed<KubernetesFact> &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto fact = to.initKubernetesFact();
        fact.setNotAfterNs(from->notAfterNs);
        fact.setLeftNs(from->leftNs);
        fact.setKind(static_cast<std::uint8_t>(from->kind));
        setText(from->resource, [&](auto text) { fact.setResource(text); });
        setText(from->message, [&](auto text) { fact.setMessage(text); });
        setText(from->source, [&](auto text) { fact.setSource(text); });
        setText(from->volume, [&](auto text) { fact.setVolume(text); });
        setText(from->file, [&](auto text) { fact.setFile(text); });
        setText(from->subject, [&](auto text) { fact.setSubject(text); });
        setText(from->node, [&](auto text) { fact.setNode(text); });
        setText(from->reason, [&](auto text) { fact.setReason(text); });
        fact.setSinceNs(from->sinceNs);
    }
};

} // namespace

std::size_t wordsFor(const Detail &from) noexcept { return std::visit(DetailWords(), from); }

void write(schema::Event::Detail::Builder to, const Detail &from) { std::visit(DetailWriter{to}, from); }

} // namespace tapio::wire
