// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/certificateexpiry.h"

#include <algorithm>

#include "protocol/transport/certificate.h"

namespace tapio::transport {

namespace {

constexpr std::string_view beginLine = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view endLine = "-----END CERTIFICATE-----";
constexpr std::size_t mostSubjectBytes = 256;

/// The next block, its two lines included; empty: there is none. `text` is what follows it.
std::string_view nextBlock(std::string_view &text)
{
    const auto begin = text.find(beginLine);
    const auto end = begin == std::string_view::npos ? begin : text.find(endLine, begin);
    if (end == std::string_view::npos) {
        text = {};
        return {};
    }
    const std::string_view block = text.substr(begin, end + endLine.size() - begin);
    text.remove_prefix(end + endLine.size());
    return block;
}

std::string commonName(X509 *certificate)
{
    const X509_NAME *name = X509_get_subject_name(certificate);
    const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = index < 0 ? nullptr : X509_NAME_get_entry(name, index);
    const ASN1_STRING *value = entry == nullptr ? nullptr : X509_NAME_ENTRY_get_data(entry);
    unsigned char *utf8 = nullptr;
    const int length = value == nullptr ? -1 : ASN1_STRING_to_UTF8(&utf8, value);
    if (length < 0) {
        takeOpensslReason(); // a name in no alphabet that OpenSSL knows is no name
        return {};
    }
    std::string text(reinterpret_cast<const char *>(utf8), std::min(static_cast<std::size_t>(length), mostSubjectBytes));
    OPENSSL_free(utf8);
    return text;
}

} // namespace

PemExpiry expiryOfPem(std::string_view text, std::size_t most)
{
    PemExpiry found;
    for (std::size_t looked = 0;; ++looked) {
        const std::string_view block = nextBlock(text);
        if (block.empty())
            return found;
        if (looked == most) {
            found.isCut = true;
            return found;
        }
        const auto certificate = certificateFromPem(block, "a block");
        const std::int64_t notAfter = certificate ? notAfterNs(certificate->get()) : 0;
        if (notAfter == 0) { // no time that can be understood, either
            ++found.unreadable;
            continue;
        }
        ++found.certificates;
        if (!found.first || notAfter < found.first->notAfterNs)
            found.first = CertificateExpiry{commonName(certificate->get()), notAfter};
    }
}

} // namespace tapio::transport
