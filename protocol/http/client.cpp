// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/http/client.h"

#include <array>
#include <cerrno>
#include <optional>
#include <unistd.h>
#include <utility>

#include <curl/curl.h>

#include "protocol/http/url.h"

namespace tapio::http {

namespace {

constexpr long connectMs = 5'000;
constexpr std::size_t mostHeadBytes = 64u << 10; ///< of all header lines of an answer
constexpr int waitMs = 1'000;                    ///< curl's own timers are looked at in between; a stop wakes it

/// libcurl counts its users.
class Library {
public:
    Library() : m_code(curl_global_init(CURL_GLOBAL_DEFAULT)) {}
    ~Library()
    {
        if (m_code == CURLE_OK)
            curl_global_cleanup();
    }
    Library(const Library &) = delete;
    Library &operator=(const Library &) = delete;
    bool isReady() const noexcept { return m_code == CURLE_OK; }

private:
    CURLcode m_code;
};

template <auto end> struct Ends {
    template <typename T> void operator()(T *handle) const noexcept { end(handle); }
};
using Multi = std::unique_ptr<CURLM, Ends<curl_multi_cleanup>>;
using Easy = std::unique_ptr<CURL, Ends<curl_easy_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Ends<curl_slist_free_all>>;

/// What the callbacks of one transfer share.
struct Transfer {
    CURL *easy = nullptr;
    const Client::Body *body = nullptr;
    std::size_t bodyLeft = 0;
    std::size_t headLeft = mostHeadBytes;
    bool tooLong = false;
    bool unwanted = false;
};

std::size_t onBody(char *data, std::size_t, std::size_t bytes, void *user)
{
    auto &transfer = *static_cast<Transfer *>(user);
    if (bytes > transfer.bodyLeft) {
        transfer.tooLong = true;
        return 0;
    }
    transfer.bodyLeft -= bytes;
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.unwanted = !(*transfer.body)(static_cast<int>(status), {data, bytes});
    return transfer.unwanted ? 0 : bytes;
}

std::size_t onHead(char *, std::size_t, std::size_t bytes, void *user)
{
    auto &transfer = *static_cast<Transfer *>(user);
    if (bytes > transfer.headLeft) {
        transfer.tooLong = true;
        return 0;
    }
    transfer.headLeft -= bytes;
    return bytes;
}

Errc codeOf(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Errc::TimedOut;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM: return Errc::Refused;
    case CURLE_SSL_CACERT_BADFILE: return Errc::NotFound;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return Errc::Malformed;
    default: return Errc::Disconnected;
    }
}

class CurlClient final : public Client {
public:
    CurlClient(Target target, std::unique_ptr<Library> library, Multi multi)
        : m_target(std::move(target)), m_library(std::move(library)), m_multi(std::move(multi)), m_authority(Url{m_target, {}}.text())
    {}

    Result<Answer> ask(const Request &request, const Body &body, const std::stop_token &stop) override
    {
        if (const Status files = checkFiles(); !files)
            return fail(files.error());
        Easy easy(curl_easy_init());
        if (!easy)
            return fail(Errc::Internal, "no memory for a request");
        Transfer transfer{easy.get(), &body, request.mostBytes};
        std::array<char, CURL_ERROR_SIZE> problem{};
        const Lines lines = headerLines(request);
        prepare(easy.get(), request, transfer);
        curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, lines.get());
        curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, problem.data());
        const std::optional<CURLcode> done = run(easy.get(), stop);
        return judge(easy.get(), done, transfer, request, problem.data());
    }

private:
    /// libcurl says the same of a file that is absent and of one that may not be read.
    Status checkFiles() const
    {
        for (const auto &[file, what] :
             {std::pair(&m_target.ca, "the certificate authority"), std::pair(&m_target.certificate, "the certificate"),
              std::pair(&m_target.key, "the private key")}) {
            if (!file->empty() && access(file->c_str(), R_OK) != 0)
                return failErrno(std::string("cannot read ") + what + " " + file->native(), errno);
        }
        return {};
    }

    static Lines headerLines(const Request &request)
    {
        Lines lines(curl_slist_append(nullptr, "Accept: application/json"));
        if (request.bearer.empty() || !lines)
            return lines;
        const std::string line = "Authorization: Bearer " + request.bearer;
        if (curl_slist *const longer = curl_slist_append(lines.get(), line.c_str()); longer != nullptr) {
            static_cast<void>(lines.release());
            lines.reset(longer);
        }
        return lines;
    }

    void prepare(CURL *easy, const Request &request, Transfer &transfer) const
    {
        curl_easy_setopt(easy, CURLOPT_URL, (m_authority + request.path).c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, m_target.isTls ? "https" : "http");
        if (!request.form.empty()) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.form.data()); // lives as long as the request
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.form.size()));
        }
        if (!request.user.empty()) {
            curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
            curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
            curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); // the environment may name one
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "tapio/" TAPIO_VERSION);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connectMs);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.longest.count()));
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.longestSilence.count()));
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
        if (!m_target.ca.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, m_target.ca.c_str());
            curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr); // Debian's default: the machine's authorities besides
        }
        if (!m_target.certificate.empty()) {
            curl_easy_setopt(easy, CURLOPT_SSLCERT, m_target.certificate.c_str());
            curl_easy_setopt(easy, CURLOPT_SSLKEY, m_target.key.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, onBody);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, onHead);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    }

    /// Nothing: stopped.
    std::optional<CURLcode> run(CURL *easy, const std::stop_token &stop)
    {
        CURLM *const multi = m_multi.get();
        const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
        if (curl_multi_add_handle(multi, easy) != CURLM_OK)
            return CURLE_FAILED_INIT;
        std::optional<CURLcode> done;
        while (!done && !stop.stop_requested()) {
            int running = 0;
            if (curl_multi_perform(multi, &running) != CURLM_OK)
                done = CURLE_FAILED_INIT;
            int left = 0;
            while (const CURLMsg *message = curl_multi_info_read(multi, &left)) {
                if (message->msg == CURLMSG_DONE)
                    done = message->data.result;
            }
            if (!done && curl_multi_poll(multi, nullptr, 0, waitMs, nullptr) != CURLM_OK)
                done = CURLE_FAILED_INIT;
        }
        if (!done)
            curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a name server that is silent must not hold up the end
        curl_multi_remove_handle(multi, easy);
        return done;
    }

    Result<Answer> judge(CURL *easy, std::optional<CURLcode> done, const Transfer &transfer, const Request &request,
                         const char *problem) const
    {
        const std::string &whom = m_authority;
        if (!done || transfer.unwanted)
            return fail(Errc::Cancelled, whom + ": no more was wanted");
        if (transfer.tooLong)
            return fail(Errc::Malformed, whom + ": an answer of more than " + std::to_string(request.mostBytes) + " bytes, or "
                                             + std::to_string(mostHeadBytes) + " of header lines");
        if (*done != CURLE_OK) {
            const std::string text = *problem != '\0' ? problem : curl_easy_strerror(*done);
            return fail(codeOf(*done), whom + ": " + text.substr(0, text.find_last_not_of('\n') + 1));
        }
        long status = 0;
        curl_off_t retryAfter = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retryAfter);
        return Answer{static_cast<int>(status), std::chrono::seconds(retryAfter)};
    }

    Target m_target;
    std::unique_ptr<Library> m_library;
    Multi m_multi;
    std::string m_authority; ///< with its scheme
};

} // namespace

Result<std::unique_ptr<Client>> Client::open(Target target)
{
    auto library = std::make_unique<Library>();
    Multi multi(library->isReady() ? curl_multi_init() : nullptr);
    if (!multi)
        return fail(Errc::Internal, "libcurl cannot be set up");
    return std::make_unique<CurlClient>(std::move(target), std::move(library), std::move(multi));
}

} // namespace tapio::http
