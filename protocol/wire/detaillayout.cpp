// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/detaillayout.h"

#include <algorithm>

#include "protocol/wire/detailfields.h"

namespace tapio::wire {

namespace {

template <typename D> struct SchemaOf;
template <> struct SchemaOf<ProcessExec> { using Type = schema::ProcessExec; };
template <> struct SchemaOf<ProcessExit> { using Type = schema::ProcessExit; };
template <> struct SchemaOf<OomKill> { using Type = schema::OomKill; };
template <> struct SchemaOf<FatalSignal> { using Type = schema::FatalSignal; };
template <> struct SchemaOf<TcpConnection> { using Type = schema::TcpConnection; };
template <> struct SchemaOf<DnsQuery> { using Type = schema::DnsQuery; };
template <> struct SchemaOf<HttpRequest> { using Type = schema::HttpRequest; };
template <> struct SchemaOf<FileFailure> { using Type = schema::FileFailure; };
template <> struct SchemaOf<CapabilityUse> { using Type = schema::CapabilityUse; };
template <> struct SchemaOf<PrivilegeGain> { using Type = schema::PrivilegeGain; };
template <> struct SchemaOf<PtraceAttach> { using Type = schema::PtraceAttach; };
template <> struct SchemaOf<ModuleLoad> { using Type = schema::ModuleLoad; };
template <> struct SchemaOf<Mount> { using Type = schema::Mount; };
template <> struct SchemaOf<Login> { using Type = schema::Login; };
template <> struct SchemaOf<KernelLog> { using Type = schema::KernelLog; };
template <> struct SchemaOf<AgentNotice> { using Type = schema::AgentNotice; };
template <> struct SchemaOf<DrillLabel> { using Type = schema::DrillLabel; };

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

struct AddressHalves {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
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

/// Both ends of a connection, for structures that name them alike.
template <typename Builder>
void setEnds(Builder &to, const SocketAddress &local, const SocketAddress &remote)
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

/// The limits beside those of every text, from the table of fields. Three times the field's: a byte that is no text becomes a
/// replacement character of three.
template <typename D>
void requireTexts(const D &detail, Errc code)
{
    visitFields(detail, [code](const Field &field, const auto &value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>)
            requireText(value.size(), 3 * field.maxBytes, std::string(field.name).c_str(), code);
        else if constexpr (std::is_same_v<Value, std::vector<std::byte>>)
            requireText(value.size(), field.maxBytes, std::string(field.name).c_str(), code);
    });
}

/// Those of a program, whose limits a caller of decode() may set.
void requireExecTexts(const ProcessExec &exec, const DecodeLimits &limits, Errc code)
{
    requireText(exec.filename.size(), limits.filenameBytes, "filenameBytes", code);
    if (exec.arguments.size() > limits.arguments)
        throw Refusal{code, std::to_string(exec.arguments.size()) + " arguments exceed arguments"};
    std::size_t bytes = 0;
    for (const auto &argument : exec.arguments)
        bytes += argument.size();
    requireText(bytes, limits.argumentBytes, "argumentBytes", code);
}

struct DetailWriter {
    schema::Event::Detail::Builder to;

    void operator()(std::monostate) { }

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

    void operator()(const FileFailure &from)
    {
        requireTexts(from, Errc::InvalidArgument);
        auto failure = to.initFileFailure();
        failure.setError(from.error);
        failure.setFlags(from.flags);
        failure.setRepeats(from.repeats);
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
};

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
    to.outcome = static_cast<DnsOutcome>(from.getOutcome());
    to.name = reader.text(from.getName());
    requireTexts(to, Errc::Malformed);
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
    to.texts = HttpTexts{reader.text(from.getMethod()), reader.text(from.getTarget()), reader.text(from.getRoute()),
                         reader.text(from.getHost())};
    requireTexts(to, Errc::Malformed);
    return to;
}

FileFailure readFileFailure(const LayoutReader &reader, schema::FileFailure::Reader from)
{
    FileFailure to;
    to.error = from.getError();
    to.flags = from.getFlags();
    to.repeats = from.getRepeats();
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

} // namespace

std::size_t wordsFor(const Detail &from) noexcept { return std::visit(DetailWords(), from); }

void write(schema::Event::Detail::Builder to, const Detail &from) { std::visit(DetailWriter{to}, from); }

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
    }
}

} // namespace tapio::wire
