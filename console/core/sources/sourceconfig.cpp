// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/sources/sourceconfig.h"

#include "protocol/transport/files.h"

namespace tapio::console {

namespace {

/// Without the end of its line. No path: no secret.
Result<std::string> secretIn(const std::filesystem::path &file)
{
    if (file.empty())
        return std::string();
    auto text = transport::readSecretFile(file);
    if (!text)
        return fail(text.error());
    while (text->ends_with('\n') || text->ends_with('\r'))
        text->pop_back();
    if (text->empty())
        return fail(Errc::Malformed, file.native() + " is empty");
    return std::move(*text);
}

/// Empty: nothing is wrong with it.
std::string contradiction(const SourceConfig &config)
{
    if (config.certificate.empty() != config.key.empty())
        return "a certificate and its key go together";
    if (!config.passwordFile.empty() && config.user.empty())
        return "the file of a password is without a user";
    if (!config.user.empty() && config.passwordFile.empty() && !config.hasKeyringSecret)
        return "a user is without a password";
    if (config.hasKeyringSecret && !(config.passwordFile.empty() && config.bearerFile.empty()))
        return "a secret is either in a file or in the key ring";
    return {};
}

} // namespace

Result<std::unique_ptr<PrometheusSource>> openSource(const SourceConfig &config, Keyring &keyring, std::chrono::milliseconds longest)
{
    auto url = http::parseUrl(config.url);
    if (!url)
        return fail(url.error());
    if (const std::string why = contradiction(config); !why.empty())
        return fail(Errc::InvalidArgument, url->text() + ": " + why);
    PrometheusOptions options;
    options.longest = longest;
    options.url = std::move(*url);
    options.url.target.ca = config.ca;
    options.url.target.certificate = config.certificate;
    options.url.target.key = config.key;
    options.user = config.user;
    auto bearer = secretIn(config.bearerFile);
    if (!bearer)
        return fail(bearer.error());
    auto password = secretIn(config.passwordFile);
    if (!password)
        return fail(password.error());
    options.bearer = std::move(*bearer);
    options.password = std::move(*password);
    if (config.hasKeyringSecret) {
        auto secret = keyring.read(config.secretName());
        if (!secret)
            return fail(secret.error());
        (config.user.empty() ? options.bearer : options.password) = std::move(*secret);
    }
    return PrometheusSource::open(std::move(options));
}

} // namespace tapio::console
