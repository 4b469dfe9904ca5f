// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/sessionlayout.h"

#include "protocol/wire/framelayout.h"

namespace tapio::wire {

namespace {

/// Messages about the session are short: Hello, with all its texts, is about 60 words.
constexpr std::size_t smallMessageWords = 128;

void write(schema::AgentInfo::Builder to, const AgentInfo &from)
{
    setText(from.version, [&](auto text) { to.setVersion(text); });
    setText(from.kernelRelease, [&](auto text) { to.setKernelRelease(text); });
    setText(from.bootId, [&](auto text) { to.setBootId(text); });
    to.setCpuCount(from.cpuCount);
    to.setPid(from.pid);
    to.setMemoryTotalBytes(from.memoryTotalBytes);
    setText(from.configSha256, [&](auto text) { to.setConfigSha256(text); });
}

AgentInfo read(const LayoutReader &reader, schema::AgentInfo::Reader from)
{
    AgentInfo to;
    to.version = reader.text(from.getVersion());
    to.kernelRelease = reader.text(from.getKernelRelease());
    to.bootId = reader.text(from.getBootId());
    to.cpuCount = from.getCpuCount();
    to.memoryTotalBytes = from.getMemoryTotalBytes();
    to.pid = from.getPid();
    to.configSha256 = reader.text(from.getConfigSha256());
    return to;
}

void write(schema::Heartbeat::Builder to, const Heartbeat &from)
{
    to.setId(from.id);
    to.setSentNs(from.sentNs);
    to.setOffsetNs(from.offsetNs);
    to.setUncertaintyNs(from.uncertaintyNs);
    to.setProducedEvents(from.producedEvents);
    to.setDroppedEvents(from.droppedEvents);
    to.setQueuedEvents(from.queuedEvents);
    to.setInFlightEvents(from.inFlightEvents);
    to.setOldestNs(from.oldestNs);
}

Heartbeat read(const LayoutReader &, schema::Heartbeat::Reader from)
{
    Heartbeat to;
    to.id = from.getId();
    to.sentNs = from.getSentNs();
    to.offsetNs = from.getOffsetNs();
    to.uncertaintyNs = from.getUncertaintyNs();
    to.producedEvents = from.getProducedEvents();
    to.droppedEvents = from.getDroppedEvents();
    to.queuedEvents = from.getQueuedEvents();
    to.inFlightEvents = from.getInFlightEvents();
    to.oldestNs = from.getOldestNs();
    return to;
}

void write(schema::EventFilter::Builder to, const EventFilter &from)
{
    to.setMinSeverity(static_cast<std::uint8_t>(from.minSeverity));
    to.setDetail(from.detail);
    setList(
        from.types, [&](unsigned size) { return to.initTypes(size); },
        [](auto list, unsigned i, EventType type) { list.set(i, static_cast<std::uint16_t>(type)); });
    setTexts(from.nodes, [&](unsigned size) { return to.initNodes(size); });
    setTexts(from.namespaces, [&](unsigned size) { return to.initNamespaces(size); });
    setTexts(from.pods, [&](unsigned size) { return to.initPods(size); });
}

EventFilter read(const LayoutReader &reader, schema::EventFilter::Reader from)
{
    EventFilter to;
    to.minSeverity = static_cast<Severity>(from.getMinSeverity());
    to.detail = from.getDetail();
    to.types = reader.list<EventType>(from.getTypes(), [](std::uint16_t type) { return static_cast<EventType>(type); });
    to.nodes = reader.texts(from.getNodes());
    to.namespaces = reader.texts(from.getNamespaces());
    to.pods = reader.texts(from.getPods());
    return to;
}

/// One overload per message of the union.
struct MessageWriter {
    schema::Message::Builder to;

    void operator()(const Hello &from)
    {
        auto hello = to.initHello();
        hello.setVersionMin(from.versionMin);
        hello.setVersionMax(from.versionMax);
        hello.setRole(static_cast<std::uint8_t>(from.role));
        hello.setStreamId(from.streamId);
        hello.setNextFrameSeq(from.nextFrameSeq);
        hello.setProducedEvents(from.producedEvents);
        hello.setDroppedEvents(from.droppedEvents);
        setText(from.name, [&](auto text) { hello.setName(text); });
        setTexts(from.capabilities, [&](unsigned size) { return hello.initCapabilities(size); });
        write(hello.initAgent(), from.agent);
    }

    void operator()(const Welcome &from)
    {
        auto welcome = to.initWelcome();
        welcome.setVersion(from.version);
        welcome.setSessionId(from.sessionId);
        welcome.setCreditBytes(from.creditBytes);
        welcome.setAckedFrameSeq(from.ackedFrameSeq);
        setTexts(from.capabilities, [&](unsigned size) { return welcome.initCapabilities(size); });
    }

    void operator()(const Frame &from) { write(to.initFrame(), from); }

    void operator()(const Ack &from)
    {
        auto ack = to.initAck();
        ack.setStreamId(from.streamId);
        ack.setFrameSeq(from.frameSeq);
        setText(from.node, [&](auto text) { ack.setNode(text); });
    }

    void operator()(const Heartbeat &from) { write(to.initHeartbeat(), from); }

    void operator()(const HeartbeatReply &from)
    {
        auto reply = to.initHeartbeatReply();
        reply.setId(from.id);
        reply.setSentNs(from.sentNs);
        reply.setReceivedNs(from.receivedNs);
        reply.setRepliedNs(from.repliedNs);
        reply.setDroppedEvents(from.droppedEvents);
    }

    void operator()(const Subscribe &from)
    {
        auto subscribe = to.initSubscribe();
        subscribe.setEpoch(from.epoch);
        subscribe.setSamples(from.samples);
        subscribe.setReports(from.reports);
        write(subscribe.initFilter(), from.filter);
        setList(
            from.resume, [&](unsigned size) { return subscribe.initResume(size); },
            [](auto list, unsigned i, const ResumePoint &point) {
                auto element = list[i];
                setText(point.node, [&](auto text) { element.setNode(text); });
                element.setStreamId(point.streamId);
                element.setFrameSeq(point.frameSeq);
            });
    }

    void operator()(const Filter &from)
    {
        auto filter = to.initFilter();
        filter.setEpoch(from.epoch);
        setList(
            from.any, [&](unsigned size) { return filter.initAny(size); },
            [](auto list, unsigned i, const EventFilter &one) { write(list[i], one); });
    }

    void operator()(const Delivery &from)
    {
        auto delivery = to.initDelivery();
        delivery.setReceivedNs(from.receivedNs);
        delivery.setClockOffsetNs(from.clockOffsetNs);
        delivery.setClockUncertaintyNs(from.clockUncertaintyNs);
        setText(from.node, [&](auto text) { delivery.setNode(text); });
        write(delivery.initFrame(), from.frame);
    }

    void operator()(const AgentState &from)
    {
        auto state = to.initAgentState();
        state.setState(static_cast<std::uint8_t>(from.state));
        state.setSessions(from.sessions);
        state.setSinceNs(from.sinceNs);
        state.setLastHeartbeatNs(from.lastHeartbeatNs);
        state.setCertificateExpiresNs(from.certificateExpiresNs);
        state.setStreamId(from.streamId);
        state.setReceivedEvents(from.receivedEvents);
        state.setReceivedFrames(from.receivedFrames);
        state.setReceivedBytes(from.receivedBytes);
        setText(from.node, [&](auto text) { state.setNode(text); });
        setText(from.remoteAddress, [&](auto text) { state.setRemoteAddress(text); });
        setText(from.certificateSerial, [&](auto text) { state.setCertificateSerial(text); });
        write(state.initAgent(), from.agent);
        write(state.initHeartbeat(), from.heartbeat);
        auto loss = state.initLoss();
        loss.setGapFrames(from.loss.gapFrames);
        loss.setDroppedEvents(from.loss.droppedEvents);
        loss.setTransitEvents(from.loss.transitEvents);
        loss.setDuplicateFrames(from.loss.duplicateFrames);
        loss.setConsoleEvents(from.loss.consoleEvents);
        state.setSaidBye(from.saidBye);
        state.setToldNs(from.toldNs);
    }

    void operator()(const LinkNotice &from)
    {
        auto notice = to.initLinkNotice();
        notice.setTimeNs(from.timeNs);
        notice.setKind(static_cast<std::uint8_t>(from.kind));
        notice.setRepeated(from.repeated);
        setText(from.remoteAddress, [&](auto text) { notice.setRemoteAddress(text); });
        setText(from.identity, [&](auto text) { notice.setIdentity(text); });
        setText(from.code, [&](auto text) { notice.setCode(text); });
        setText(from.reason, [&](auto text) { notice.setReason(text); });
    }

    void operator()(const Bye &from)
    {
        auto bye = to.initBye();
        bye.setReconnectAfterMs(from.reconnectAfterMs);
        setText(from.code, [&](auto text) { bye.setCode(text); });
        setText(from.reason, [&](auto text) { bye.setReason(text); });
    }

    void operator()(const FilterRequest &from)
    {
        auto request = to.initFilterRequest();
        request.setId(from.id);
        setText(from.node, [&](auto text) { request.setNode(text); });
        setText(from.requestedBy, [&](auto text) { request.setRequestedBy(text); });
        setText(from.rules, [&](auto text) { request.setRules(text); });
    }

    void operator()(const FilterReply &from)
    {
        auto reply = to.initFilterReply();
        reply.setId(from.id);
        reply.setGeneration(from.generation);
        reply.setApplied(from.applied);
        setText(from.node, [&](auto text) { reply.setNode(text); });
        setText(from.code, [&](auto text) { reply.setCode(text); });
        setText(from.reason, [&](auto text) { reply.setReason(text); });
        setText(from.filterSha256, [&](auto text) { reply.setFilterSha256(text); });
        setText(from.configSha256, [&](auto text) { reply.setConfigSha256(text); });
        setText(from.rules, [&](auto text) { reply.setRules(text); });
    }
};

Hello read(const LayoutReader &reader, schema::Hello::Reader from)
{
    Hello to;
    to.versionMin = from.getVersionMin();
    to.versionMax = from.getVersionMax();
    to.role = static_cast<Role>(from.getRole());
    to.name = reader.text(from.getName());
    to.streamId = from.getStreamId();
    to.nextFrameSeq = from.getNextFrameSeq();
    to.producedEvents = from.getProducedEvents();
    to.droppedEvents = from.getDroppedEvents();
    to.capabilities = reader.texts(from.getCapabilities());
    to.agent = read(reader, from.getAgent());
    return to;
}

Welcome read(const LayoutReader &reader, schema::Welcome::Reader from)
{
    Welcome to;
    to.version = from.getVersion();
    to.sessionId = from.getSessionId();
    to.creditBytes = from.getCreditBytes();
    to.ackedFrameSeq = from.getAckedFrameSeq();
    to.capabilities = reader.texts(from.getCapabilities());
    return to;
}

Ack read(const LayoutReader &reader, schema::Ack::Reader from)
{
    return {reader.text(from.getNode()), from.getStreamId(), from.getFrameSeq()};
}

HeartbeatReply read(const LayoutReader &, schema::HeartbeatReply::Reader from)
{
    return {from.getId(), from.getSentNs(), from.getReceivedNs(), from.getRepliedNs(), from.getDroppedEvents()};
}

Subscribe read(const LayoutReader &reader, schema::Subscribe::Reader from)
{
    Subscribe to;
    to.epoch = from.getEpoch();
    to.samples = from.getSamples();
    to.reports = from.getReports();
    to.filter = read(reader, from.getFilter());
    to.resume = reader.list<ResumePoint>(from.getResume(), [&](schema::ResumePoint::Reader point) {
        return ResumePoint{reader.text(point.getNode()), point.getStreamId(), point.getFrameSeq()};
    });
    return to;
}

Filter read(const LayoutReader &reader, schema::Filter::Reader from)
{
    return {from.getEpoch(), reader.list<EventFilter>(from.getAny(), [&](schema::EventFilter::Reader one) { return read(reader, one); })};
}

Delivery read(const LayoutReader &reader, schema::Delivery::Reader from)
{
    return {reader.text(from.getNode()), from.getReceivedNs(), from.getClockOffsetNs(), from.getClockUncertaintyNs(),
            read(reader, from.getFrame())};
}

AgentState read(const LayoutReader &reader, schema::AgentState::Reader from)
{
    AgentState to;
    to.node = reader.text(from.getNode());
    to.state = static_cast<LinkState>(from.getState());
    to.sinceNs = from.getSinceNs();
    to.lastHeartbeatNs = from.getLastHeartbeatNs();
    to.remoteAddress = reader.text(from.getRemoteAddress());
    to.certificateSerial = reader.text(from.getCertificateSerial());
    to.certificateExpiresNs = from.getCertificateExpiresNs();
    to.streamId = from.getStreamId();
    to.sessions = from.getSessions();
    to.agent = read(reader, from.getAgent());
    to.heartbeat = read(reader, from.getHeartbeat());
    to.receivedEvents = from.getReceivedEvents();
    to.receivedFrames = from.getReceivedFrames();
    to.receivedBytes = from.getReceivedBytes();
    const auto loss = from.getLoss();
    to.loss = {loss.getGapFrames(), loss.getDroppedEvents(), loss.getTransitEvents(), loss.getDuplicateFrames(), loss.getConsoleEvents()};
    to.saidBye = from.getSaidBye();
    to.toldNs = from.getToldNs();
    return to;
}

LinkNotice read(const LayoutReader &reader, schema::LinkNotice::Reader from)
{
    LinkNotice to;
    to.timeNs = from.getTimeNs();
    to.kind = static_cast<LinkNoticeKind>(from.getKind());
    to.remoteAddress = reader.text(from.getRemoteAddress());
    to.identity = reader.text(from.getIdentity());
    to.code = reader.text(from.getCode());
    to.reason = reader.text(from.getReason());
    to.repeated = from.getRepeated();
    return to;
}

Bye read(const LayoutReader &reader, schema::Bye::Reader from)
{
    return {reader.text(from.getCode()), reader.text(from.getReason()), from.getReconnectAfterMs()};
}

FilterRequest read(const LayoutReader &reader, schema::FilterRequest::Reader from)
{
    return {from.getId(), reader.text(from.getNode()), reader.text(from.getRequestedBy()), reader.text(from.getRules())};
}

FilterReply read(const LayoutReader &reader, schema::FilterReply::Reader from)
{
    FilterReply to;
    to.id = from.getId();
    to.node = reader.text(from.getNode());
    to.applied = from.getApplied();
    to.code = reader.text(from.getCode());
    to.reason = reader.text(from.getReason());
    to.generation = from.getGeneration();
    to.filterSha256 = reader.text(from.getFilterSha256());
    to.configSha256 = reader.text(from.getConfigSha256());
    to.rules = reader.text(from.getRules());
    return to;
}

} // namespace

std::size_t wordsFor(const Message &from) noexcept
{
    if (const auto *frame = std::get_if<Frame>(&from))
        return smallMessageWords + wordsFor(*frame);
    if (const auto *delivery = std::get_if<Delivery>(&from))
        return smallMessageWords + wordsFor(delivery->frame);
    return smallMessageWords;
}

void write(schema::Message::Builder to, const Message &from) { std::visit(MessageWriter{to}, from); }

Message read(const LayoutReader &reader, schema::Message::Reader from)
{
    switch (from.which()) {
    case schema::Message::UNSET: throw Refusal{Errc::Malformed, "a message without content"};
    case schema::Message::HELLO: return read(reader, from.getHello());
    case schema::Message::WELCOME: return read(reader, from.getWelcome());
    case schema::Message::FRAME: return read(reader, from.getFrame());
    case schema::Message::ACK: return read(reader, from.getAck());
    case schema::Message::HEARTBEAT: return read(reader, from.getHeartbeat());
    case schema::Message::HEARTBEAT_REPLY: return read(reader, from.getHeartbeatReply());
    case schema::Message::SUBSCRIBE: return read(reader, from.getSubscribe());
    case schema::Message::FILTER: return read(reader, from.getFilter());
    case schema::Message::DELIVERY: return read(reader, from.getDelivery());
    case schema::Message::AGENT_STATE: return read(reader, from.getAgentState());
    case schema::Message::LINK_NOTICE: return read(reader, from.getLinkNotice());
    case schema::Message::BYE: return read(reader, from.getBye());
    case schema::Message::FILTER_REQUEST: return read(reader, from.getFilterRequest());
    case schema::Message::FILTER_REPLY: return read(reader, from.getFilterReply());
    }
    throw Refusal{Errc::Unsupported,
                  "message kind " + std::to_string(static_cast<unsigned>(from.which())) + " is not known to this version"};
}

} // namespace tapio::wire
