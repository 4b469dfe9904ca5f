// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/signature.h"

#include <openssl/x509_vfy.h>

#include "protocol/base/clock.h"
#include "protocol/transport/certificate.h"
#include "protocol/transport/files.h"

namespace tapio::transport {

namespace {

using DigestPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using StorePtr = OpensslPtr<X509_STORE, X509_STORE_free>;
using StoreContextPtr = OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free>;

const unsigned char *raw(std::span<const std::byte> bytes) { return reinterpret_cast<const unsigned char *>(bytes.data()); }

/// Null for Ed25519, which hashes by itself.
Result<const EVP_MD *> digestFor(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return static_cast<const EVP_MD *>(nullptr);
    constexpr int p256Bits = 256;
    if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) == p256Bits)
        return EVP_sha256();
    return fail(Errc::Unsupported, "signing needs a key of the curve P-256 or of Ed25519");
}

template <typename Parse> auto readPem(const std::filesystem::path &path, Parse parse) -> decltype(parse({}, {}))
{
    const auto pem = readSmallFile(path);
    if (!pem)
        return fail(pem.error());
    return parse(*pem, path.native());
}

Status addCrl(X509_STORE *store, const TlsFiles &files)
{
    if (files.crl.empty())
        return {};
    const auto crl = readPem(files.crl, crlFromPem);
    if (!crl)
        return fail(crl.error());
    if (X509_STORE_add_crl(store, crl->get()) != 1)
        return failOpenssl(Errc::Malformed, files.crl.native());
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return {};
}

Status verifyIssued(X509 *certificate, const TlsFiles &files, std::int64_t atNs)
{
    const auto authority = readPem(files.ca, certificateFromPem);
    if (!authority)
        return fail(authority.error());
    const StorePtr store(X509_STORE_new());
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (!store || !context || X509_STORE_add_cert(store.get(), authority->get()) != 1)
        return failOpenssl(Errc::Internal, "preparing to verify");
    if (Status added = addCrl(store.get(), files); !added)
        return added;
    if (X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) != 1)
        return failOpenssl(Errc::Internal, "preparing to verify");
    X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(atNs / nsPerSecond));
    if (X509_verify_cert(context.get()) != 1) {
        const int error = X509_STORE_CTX_get_error(context.get());
        takeOpensslReason();
        return fail(Errc::Refused, files.certificate.native() + ": " + X509_verify_cert_error_string(error));
    }
    return {};
}

} // namespace

Result<Bytes> signBytes(const TlsFiles &files, std::span<const std::byte> bytes)
{
    const auto pem = readSecretFile(files.key);
    if (!pem)
        return fail(pem.error());
    const auto key = keyFromPem(*pem, files.key.native());
    if (!key)
        return fail(key.error());
    const auto digest = digestFor(key->get());
    if (!digest)
        return fail(digest.error().within(files.key.native()));
    const DigestPtr context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, *digest, nullptr, key->get()) != 1
        || EVP_DigestSign(context.get(), nullptr, &size, raw(bytes), bytes.size()) != 1)
        return failOpenssl(Errc::Internal, "signing");
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()), &size, raw(bytes), bytes.size()) != 1)
        return failOpenssl(Errc::Internal, "signing");
    signature.resize(size);
    return signature;
}

Result<Identity> verifySignature(const TlsFiles &files, std::span<const std::byte> bytes, std::span<const std::byte> signature,
                                 std::int64_t atNs)
{
    const auto certificate = readPem(files.certificate, certificateFromPem);
    if (!certificate)
        return fail(certificate.error());
    if (const Status issued = verifyIssued(certificate->get(), files, atNs); !issued)
        return fail(issued.error());
    EVP_PKEY *const key = X509_get0_pubkey(certificate->get());
    const auto digest = digestFor(key);
    if (!digest)
        return fail(digest.error().within(files.certificate.native()));
    const DigestPtr context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, *digest, nullptr, key) != 1)
        return failOpenssl(Errc::Internal, "preparing to verify");
    if (EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(bytes), bytes.size()) != 1) {
        takeOpensslReason();
        return fail(Errc::Refused, "the signature is not one of " + files.certificate.native() + " over these bytes");
    }
    return readIdentity(certificate->get());
}

} // namespace tapio::transport
