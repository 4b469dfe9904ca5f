// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include "protocol/base/result.h"
#include "protocol/transport/files.h"
#include "protocol/transport/ipcfolder.h"

namespace tapio::transport {

/// READY properties that the bridge writes and the endpoint reads from every message. Peers cannot set them.
namespace property {
inline constexpr const char *identity = "X-Tapio-Identity";
inline constexpr const char *serial = "X-Tapio-Serial";
inline constexpr const char *notAfterNs = "X-Tapio-Not-After";
inline constexpr const char *address = "X-Tapio-Address";
inline constexpr const char *generation = "X-Tapio-Generation";
} // namespace property

/// The value of a READY property of the connection that brought the message; empty when there is none.
std::string_view propertyOf(const zmq::message_t &message, const char *name) noexcept;

/// A ROUTER or DEALER of libzmq that listens on a private Unix socket for the bridge, and only for this process, with an
/// eventfd that interrupts its waiting. The one file where libzmq's errors become ours. One thread, except wake().
/// Internal to the transport.
class ZmqSocket {
public:
    struct Options {
        zmq::socket_type type = zmq::socket_type::router;
        std::size_t maxMessageBytes = 0;
        std::chrono::milliseconds heartbeatInterval{};
    };
    /// Errors: those of IpcFolder::make; Io.
    static Result<std::unique_ptr<ZmqSocket>> open(const Options &options);
    ~ZmqSocket();
    ZmqSocket(const ZmqSocket &) = delete;
    ZmqSocket &operator=(const ZmqSocket &) = delete;

    std::string path() const { return m_folder->socketPath().string(); }

    /// The next frame, if one is there.
    Result<std::optional<zmq::message_t>> receiveFrame();
    /// Errors: Busy (no room), Disconnected (ROUTER: no such peer).
    Status sendFrame(std::span<const std::byte> frame, bool more);
    /// Whether a message can be sent now, as far as libzmq knows of its connections at this moment.
    bool canSend() const;
    /// Waits for a message, for wake(), or for room when `untilRoom`. True when wake() was the reason.
    Result<bool> wait(std::chrono::milliseconds timeout, bool untilRoom);
    /// Any thread.
    void wake() noexcept;
    /// No more calls but the destructor: what was sent leaves, in a quarter of a second at most.
    void close();

private:
    ZmqSocket() = default;
    Status configure(const Options &options);

    std::unique_ptr<IpcFolder> m_folder;
    FileDescriptor m_wake;
    std::unique_ptr<zmq::context_t> m_context;
    std::unique_ptr<zmq::socket_t> m_socket;
};

} // namespace tapio::transport
