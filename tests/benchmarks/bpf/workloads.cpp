// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/bpf/workloads.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tapio::bench {

namespace {

bool exec(int operations)
{
    char program[] = TAPIO_BENCH_NOTHING;
    char argument[] = "--some=argument";
    char *arguments[] = {program, argument, nullptr};
    char *environment[] = {nullptr};
    for (int i = 0; i < operations; ++i) {
        pid_t pid = 0;
        int status = 0;
        if (::posix_spawn(&pid, program, nullptr, nullptr, arguments, environment) != 0 || ::waitpid(pid, &status, 0) != pid || status != 0)
            return false;
    }
    return true;
}

/// A listener on loopback and its address.
int listenLocally(sockaddr_in &address)
{
    address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
    socklen_t size = sizeof(address);
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool listens = ::bind(fd, generic, size) == 0 && ::listen(fd, 16) == 0 && ::getsockname(fd, generic, &size) == 0;
    return listens ? fd : -1;
}

/// Both ends of a connection.
std::pair<int, int> connectLocally(int listener, const sockaddr_in &address)
{
    const int out = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(out, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
        return {out, -1};
    return {out, ::accept(listener, nullptr, nullptr)};
}

bool sayAndHear(int from, int to)
{
    char text[64] = {};
    return ::send(from, text, sizeof(text), 0) == sizeof(text) && ::recv(to, text, sizeof(text), 0) == sizeof(text);
}

bool connections(int operations)
{
    sockaddr_in address;
    const int listener = listenLocally(address);
    for (int i = 0; i < operations; ++i) {
        const auto [out, in] = connectLocally(listener, address);
        if (in < 0 || !sayAndHear(out, in))
            return false;
        const linger hard{1, 0}; // half of them, so that no ports wait for minutes
        ::close(in);
        ::setsockopt(out, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        ::close(out);
    }
    return true;
}

bool requests(int operations)
{
    sockaddr_in address;
    const int listener = listenLocally(address);
    const auto [out, in] = connectLocally(listener, address);
    for (int i = 0; i < operations; ++i) {
        if (!sayAndHear(out, in) || !sayAndHear(in, out))
            return false;
    }
    return true;
}

/// Both ends in this process: two requests, two answers and two records for each operation.
bool http(int operations)
{
    constexpr std::string_view request = "GET /api/v1/orders/4711?verbose=true HTTP/1.1\r\nHost: orders.shop.example\r\n"
                                         "User-Agent: bench/1.0\r\nAccept: application/json\r\n\r\n";
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 64\r\n"
                                        "Server: bench\r\n\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const auto carry = [](int from, int to, std::string_view text) {
        std::array<char, 512> room;
        return ::send(from, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())
               && ::recv(to, room.data(), room.size(), 0) == static_cast<ssize_t>(text.size());
    };
    sockaddr_in address;
    const int listener = listenLocally(address);
    const auto [out, in] = connectLocally(listener, address);
    for (int i = 0; i < operations; ++i) {
        if (!carry(out, in, request) || !carry(in, out, answer))
            return false;
    }
    return true;
}

/// A port that nobody has just now.
int freePort()
{
    sockaddr_in address;
    const int listener = listenLocally(address);
    ::close(listener);
    return listener < 0 ? 0 : ntohs(address.sin_port);
}

pid_t start(std::vector<std::string> words)
{
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quietly;
    ::posix_spawn_file_actions_init(&quietly);
    ::posix_spawn_file_actions_addopen(&quietly, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&quietly, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    if (::posix_spawn(&pid, arguments[0], &quietly, nullptr, arguments.data(), environ) != 0)
        pid = -1;
    ::posix_spawn_file_actions_destroy(&quietly);
    return pid;
}

bool answers(int port)
{
    const sockaddr_in address{AF_INET, htons(static_cast<std::uint16_t>(port)), {htonl(INADDR_LOOPBACK)}, {}};
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0;
    ::close(fd);
    return connected;
}

/// A real server and a real client, h2load on four kept connections to nginx, which answers from its configuration: the least that one can do.
bool web(int operations)
{
    char folder[] = "/tmp/tapio-bench-web-XXXXXX";
    const int port = freePort();
    if (::mkdtemp(folder) == nullptr || port == 0)
        return false;
    const std::string configuration = std::string(folder) + "/nginx.conf";
    std::ofstream(configuration) << "daemon off; master_process off; pid " << folder << "/pid; error_log /dev/null;\n"
                                 << "events { worker_connections 64; }\n"
                                 << "http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:" << port
                                 << "; location / { return 200 \"0123456789abcdef\"; } } }\n";
    const pid_t server = start({"/usr/sbin/nginx", "-c", configuration});
    for (int i = 0; i < 200 && server > 0 && !answers(port); ++i)
        ::usleep(10'000);
    const pid_t client = server < 0 ? -1
                                    : start({"/usr/bin/h2load", "--h1", "-n", std::to_string(operations), "-c", "4", "-t", "1",
                                             "http://127.0.0.1:" + std::to_string(port) + "/api/v1/orders/4711"});
    int status = -1;
    const bool done = client > 0 && ::waitpid(client, &status, 0) == client && status == 0;
    if (server > 0 && ::kill(server, SIGTERM) == 0)
        ::waitpid(server, nullptr, 0);
    std::error_code ignored; // a folder in /tmp that is left is no reason to fail
    std::filesystem::remove_all(folder, ignored);
    return done;
}

/// A name server and who asks it, both in this process. On an address of its own: 127.0.0.1 may have a resolver.
bool dns(int operations)
{
    constexpr unsigned char question[] = {0x47, 0x11, 1,   0,   0, 1,   0,   0,   0,   0, 0, 0, 6, 'o', 'r',
                                          'd',  'e',  'r', 's', 4, 's', 'h', 'o', 'p', 0, 0, 1, 0, 1};
    constexpr std::size_t flagsAt = 2;
    constexpr unsigned char answered = 0x81;
    sockaddr_in address{AF_INET, htons(53), {htonl(INADDR_LOOPBACK + 152)}, {}};
    const auto *generic = reinterpret_cast<const sockaddr *>(&address);
    const int server = ::socket(AF_INET, SOCK_DGRAM, 0);
    const int client = ::socket(AF_INET, SOCK_DGRAM, 0);
    bool works = ::bind(server, generic, sizeof(address)) == 0 && ::connect(client, generic, sizeof(address)) == 0;
    for (int i = 0; works && i < operations; ++i) {
        std::array<unsigned char, 512> room;
        sockaddr_in from{};
        socklen_t size = sizeof(from);
        works = ::send(client, question, sizeof(question), 0) == sizeof(question);
        const ssize_t got = works ? ::recvfrom(server, room.data(), room.size(), 0, reinterpret_cast<sockaddr *>(&from), &size) : -1;
        room[flagsAt] = answered;
        works = got == sizeof(question)
                && ::sendto(server, room.data(), sizeof(question), 0, reinterpret_cast<sockaddr *>(&from), size) == got
                && ::recv(client, room.data(), room.size(), 0) == got;
    }
    ::close(client);
    ::close(server);
    return works;
}

bool switches(int operations)
{
    int there[2];
    int back[2];
    char one = 0;
    if (::pipe(there) != 0 || ::pipe(back) != 0)
        return false;
    const pid_t other = ::fork();
    if (other == 0) {
        for (int i = 0; i < operations && ::read(there[0], &one, 1) == 1 && ::write(back[1], &one, 1) == 1; ++i) {}
        ::_exit(0);
    }
    for (int i = 0; i < operations; ++i) {
        if (::write(there[1], &one, 1) != 1 || ::read(back[0], &one, 1) != 1)
            return false;
    }
    return ::waitpid(other, nullptr, 0) == other;
}

bool opens(int operations)
{
    for (int i = 0; i < operations; ++i) {
        const int fd = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        if (fd < 0 || ::close(fd) != 0)
            return false;
    }
    return true;
}

bool opensInVain(int operations)
{
    for (int i = 0; i < operations; ++i) {
        if (::open("/etc/tapio-bench-is-missing.conf", O_RDONLY | O_CLOEXEC) >= 0)
            return false;
    }
    return true;
}

/// What a hook on system calls costs those that it is not about.
bool calls(int operations)
{
    for (int i = 0; i < operations; ++i) {
        if (::syscall(SYS_getppid) <= 0)
            return false;
    }
    return true;
}

double cpuNs()
{
    timespec own{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    rusage children{};
    ::getrusage(RUSAGE_CHILDREN, &children);
    const auto ns = [](const timeval &time) { return 1e9 * static_cast<double>(time.tv_sec) + 1e3 * static_cast<double>(time.tv_usec); };
    return 1e9 * static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) + ns(children.ru_utime) + ns(children.ru_stime);
}

void pinToLastCpu()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_ONLN) - 1, 0L)), &one);
    ::sched_setaffinity(0, sizeof(one), &one);
}

constexpr Workload all[] = {
    {"exec", "start and end of a process", 1000, exec},
    {"tcp", "connect, accept, 64 bytes, close", 4000, connections},
    {"requests", "64 bytes there and back on one connection", 20000, requests},
    {"http", "HTTP request and answer on one connection, both ends", 20000, http},
    {"web", "HTTP request of h2load to nginx on kept connections, both programs", 20000, web},
    {"dns", "question to a name server on loopback and its answer", 10000, dns},
    {"switches", "two context switches through pipes", 20000, switches},
    {"open", "open and close of a file", 100000, opens},
    {"missing", "open of a configuration file that is missing", 100000, opensInVain},
    {"calls", "a system call that does next to nothing", 1000000, calls},
};

} // namespace

std::span<const Workload> workloads() noexcept { return all; }

double measure(const Workload &workload)
{
    int result[2];
    if (::pipe(result) != 0)
        return -1;
    const pid_t child = ::fork();
    if (child == 0) {
        pinToLastCpu();
        workload.run(workload.operations / 20); // warm up
        const double before = cpuNs();
        const bool done = workload.run(workload.operations);
        const double perOperation = done ? (cpuNs() - before) / workload.operations : -1;
        ::_exit(::write(result[1], &perOperation, sizeof(perOperation)) == sizeof(perOperation) ? 0 : 1);
    }
    double perOperation = -1;
    ::close(result[1]);
    if (::read(result[0], &perOperation, sizeof(perOperation)) != sizeof(perOperation))
        perOperation = -1;
    ::close(result[0]);
    ::waitpid(child, nullptr, 0);
    return perOperation;
}

} // namespace tapio::bench
