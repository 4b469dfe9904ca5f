// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/certificate.h"

#include <algorithm>
#include <ctime>
#include <limits>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "protocol/base/clock.h"

namespace tapio::transport {

namespace {

using BignumPtr = OpensslPtr<BIGNUM, BN_free>;
using IntegerPtr = OpensslPtr<ASN1_INTEGER, ASN1_INTEGER_free>;
using TimePtr = OpensslPtr<ASN1_TIME, ASN1_TIME_free>;
using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;
using RevokedPtr = OpensslPtr<X509_REVOKED, X509_REVOKED_free>;
using NamePtr = OpensslPtr<X509_NAME, X509_NAME_free>;

constexpr int serialBits = 127; // 16 octets, positive: below RFC 5280's limit of 20
constexpr long x509Version3 = 2;
constexpr long crlVersion2 = 1;

TimePtr toTime(std::int64_t ns) { return TimePtr(ASN1_TIME_set(nullptr, static_cast<std::time_t>(ns / nsPerSecond))); }

std::int64_t toNs(const ASN1_TIME *time)
{
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1)
        return 0;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / nsPerSecond; // a certificate may name the year 9999
    return std::clamp<std::int64_t>(timegm(&parts), -most, most) * nsPerSecond;
}

std::string hexOf(const ASN1_INTEGER *integer)
{
    const BignumPtr number(ASN1_INTEGER_to_BN(integer, nullptr));
    char *hex = number ? BN_bn2hex(number.get()) : nullptr;
    if (hex == nullptr)
        return {};
    std::string text(hex);
    OPENSSL_free(hex);
    for (char &c : text) {
        if (c >= 'A' && c <= 'F')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool setSerial(X509 *certificate)
{
    const BignumPtr number(BN_new());
    return number && BN_rand(number.get(), serialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1
           && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool setSubject(X509 *certificate, const std::string &commonName)
{
    // RFC 5280 bounds a common name to 64 characters; the identity is the SAN URI, the name here is for people.
    const std::string shortened = commonName.substr(0, 64);
    const NamePtr name(X509_NAME_new());
    return name
           && X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char *>(shortened.data()),
                                         static_cast<int>(shortened.size()), -1, 0)
                  == 1
           && X509_set_subject_name(certificate, name.get()) == 1;
}

bool addExtension(X509 *certificate, X509V3_CTX &context, int nid, const std::string &value)
{
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool addExtensions(X509 *certificate, X509 *issuer, const CertificateSpec &spec)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const auto add = [&](int nid, const std::string &value) { return addExtension(certificate, context, nid, value); };
    bool ok = add(NID_basic_constraints, spec.isAuthority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE")
              && add(NID_key_usage, spec.isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature")
              && add(NID_subject_key_identifier, "hash") && add(NID_authority_key_identifier, "keyid:always");
    if (spec.purpose != KeyPurpose::None)
        ok = ok && add(NID_ext_key_usage, spec.purpose == KeyPurpose::ClientAuth ? "clientAuth" : "serverAuth");
    if (!spec.uri.empty())
        ok = ok && add(NID_subject_alt_name, "URI:" + spec.uri);
    return ok;
}

template <typename Write> Result<std::string> pemOf(Write write)
{
    const BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || write(memory.get()) != 1)
        return failOpenssl(Errc::Internal, "cannot write PEM");
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

BioPtr memoryOf(std::string_view pem) { return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

bool addRevoked(X509_CRL *crl, const Revocation &revocation)
{
    BIGNUM *raw = nullptr;
    const bool parsed = BN_hex2bn(&raw, revocation.serial.c_str()) == static_cast<int>(revocation.serial.size());
    const BignumPtr number(raw);
    if (!parsed || !number)
        return false;
    const IntegerPtr serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
    const TimePtr at = toTime(revocation.atNs);
    RevokedPtr revoked(X509_REVOKED_new());
    if (!serial || !at || !revoked || X509_REVOKED_set_serialNumber(revoked.get(), serial.get()) != 1
        || X509_REVOKED_set_revocationDate(revoked.get(), at.get()) != 1 || X509_CRL_add0_revoked(crl, revoked.get()) != 1)
        return false;
    static_cast<void>(revoked.release()); // owned by the list now
    return true;
}

bool addCrlExtensions(X509_CRL *crl, X509 *issuer, std::uint64_t number)
{
    const IntegerPtr crlNumber(ASN1_INTEGER_new());
    if (!crlNumber || ASN1_INTEGER_set_uint64(crlNumber.get(), number) != 1
        || X509_CRL_add1_ext_i2d(crl, NID_crl_number, crlNumber.get(), 0, 0) != 1)
        return false;
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, nullptr, nullptr, crl, 0);
    const ExtensionPtr keyId(X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
    return keyId && X509_CRL_add_ext(crl, keyId.get(), -1) == 1;
}

} // namespace

Result<KeyPtr> generateKey()
{
    KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    if (!key)
        return failOpenssl(Errc::Internal, "cannot generate a P-256 key");
    return key;
}

Result<X509Ptr> makeCertificate(const CertificateSpec &spec, EVP_PKEY *subjectKey, const Issuer &issuer)
{
    X509Ptr certificate(X509_new());
    X509 *signer = issuer.certificate != nullptr ? issuer.certificate : certificate.get();
    const TimePtr from = toTime(spec.notBeforeNs);
    const TimePtr until = toTime(spec.notAfterNs);
    const bool made = certificate && from && until && X509_set_version(certificate.get(), x509Version3) == 1 && setSerial(certificate.get())
                      && setSubject(certificate.get(), spec.commonName)
                      && X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1
                      && X509_set1_notBefore(certificate.get(), from.get()) == 1 && X509_set1_notAfter(certificate.get(), until.get()) == 1
                      && X509_set_pubkey(certificate.get(), subjectKey) == 1 && addExtensions(certificate.get(), signer, spec)
                      && X509_sign(certificate.get(), issuer.key, EVP_sha256()) > 0;
    if (!made)
        return failOpenssl(Errc::Internal, "cannot make the certificate of " + spec.commonName);
    return certificate;
}

Result<X509CrlPtr> makeCrl(const Issuer &issuer, std::span<const Revocation> revoked, std::uint64_t number, std::int64_t fromNs,
                           std::int64_t untilNs)
{
    X509CrlPtr crl(X509_CRL_new());
    const TimePtr from = toTime(fromNs);
    const TimePtr until = toTime(untilNs);
    bool made = crl && from && until && X509_CRL_set_version(crl.get(), crlVersion2) == 1
                && X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate)) == 1
                && X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1 && X509_CRL_set1_nextUpdate(crl.get(), until.get()) == 1;
    for (const Revocation &revocation : revoked)
        made = made && addRevoked(crl.get(), revocation);
    made = made && addCrlExtensions(crl.get(), issuer.certificate, number) && X509_CRL_sort(crl.get()) == 1
           && X509_CRL_sign(crl.get(), issuer.key, EVP_sha256()) > 0;
    if (!made)
        return failOpenssl(Errc::Internal, "cannot make the revocation list");
    return crl;
}

Result<std::string> toPem(X509 *certificate)
{
    return pemOf([&](BIO *bio) { return PEM_write_bio_X509(bio, certificate); });
}

Result<std::string> toPem(EVP_PKEY *key)
{
    return pemOf([&](BIO *bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

Result<std::string> toPem(X509_CRL *crl)
{
    return pemOf([&](BIO *bio) { return PEM_write_bio_X509_CRL(bio, crl); });
}

Result<X509Ptr> certificateFromPem(std::string_view pem, std::string_view origin)
{
    X509Ptr certificate(PEM_read_bio_X509(memoryOf(pem).get(), nullptr, nullptr, nullptr));
    if (!certificate)
        return failOpenssl(Errc::Malformed, std::string(origin) + " holds no certificate in PEM form");
    return certificate;
}

Result<KeyPtr> keyFromPem(std::string_view pem, std::string_view origin)
{
    // An empty passphrase callback: OpenSSL's own would ask on the terminal.
    const auto noPassphrase = [](char *, int, int, void *) { return -1; };
    KeyPtr key(PEM_read_bio_PrivateKey(memoryOf(pem).get(), nullptr, noPassphrase, nullptr));
    if (!key)
        return failOpenssl(Errc::Malformed, std::string(origin) + " holds no private key in PEM form without passphrase");
    return key;
}

Result<X509CrlPtr> crlFromPem(std::string_view pem, std::string_view origin)
{
    X509CrlPtr crl(PEM_read_bio_X509_CRL(memoryOf(pem).get(), nullptr, nullptr, nullptr));
    if (!crl)
        return failOpenssl(Errc::Malformed, std::string(origin) + " holds no revocation list in PEM form");
    return crl;
}

Result<Identity> readIdentity(X509 *certificate)
{
    const GeneralNamesPtr names(static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    ERR_clear_error();
    const ASN1_IA5STRING *uri = nullptr;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI)
            continue;
        if (uri != nullptr)
            return fail(Errc::Malformed, "the certificate names more than one identity");
        uri = name->d.uniformResourceIdentifier;
    }
    if (uri == nullptr)
        return fail(Errc::Malformed, "the certificate names no identity (no SAN URI)");
    auto identity =
        parseIdentity({reinterpret_cast<const char *>(ASN1_STRING_get0_data(uri)), static_cast<std::size_t>(ASN1_STRING_length(uri))});
    if (identity) {
        identity->serial = serialHex(certificate);
        identity->notAfterNs = notAfterNs(certificate);
    }
    return identity;
}

std::int64_t notBeforeNs(const X509 *certificate) { return toNs(X509_get0_notBefore(certificate)); }

std::int64_t notAfterNs(const X509 *certificate) { return toNs(X509_get0_notAfter(certificate)); }

std::string serialHex(const X509 *certificate) { return hexOf(X509_get0_serialNumber(certificate)); }

bool hasPurpose(X509 *certificate, KeyPurpose purpose)
{
    if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0)
        return false;
    const std::uint32_t usage = X509_get_extended_key_usage(certificate);
    return (usage & (purpose == KeyPurpose::ClientAuth ? XKU_SSL_CLIENT : XKU_SSL_SERVER)) != 0;
}

} // namespace tapio::transport
