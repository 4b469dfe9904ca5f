// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/tlscontext.h"

#include <algorithm>
#include <array>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "protocol/transport/certificate.h"
#include "protocol/transport/files.h"
#include "protocol/transport/tlssession.h"

namespace tapio::transport {

namespace {

constexpr std::size_t readBufferBytes = 64 * 1024;

Status addAuthorities(X509_STORE *store, const std::string &pem, const std::string &origin)
{
    const BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    int count = 0;
    while (const X509Ptr certificate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1)
            return failOpenssl(Errc::Malformed, "cannot use " + origin);
        ++count;
    }
    ERR_clear_error(); // the end of the file
    if (count == 0)
        return fail(Errc::Malformed, origin + " holds no certificate in PEM form");
    return {};
}

/// The leaf first, then intermediates, as the file has them.
Result<X509Ptr> useCertificates(SSL_CTX *context, const std::string &pem, const std::string &origin)
{
    const BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    X509Ptr leaf(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
        return failOpenssl(Errc::Malformed, origin + " holds no certificate in PEM form");
    while (const X509Ptr intermediate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
        if (SSL_CTX_add1_chain_cert(context, intermediate.get()) != 1)
            return failOpenssl(Errc::Malformed, "cannot use an intermediate certificate of " + origin);
    }
    ERR_clear_error();
    return leaf;
}

/// A certificate that every peer would refuse, for ever: said at the start, with what gives the right one.
Status checkPurpose(X509 *leaf, KeyPurpose ofPeers, const std::string &file)
{
    const bool serves = ofPeers == KeyPurpose::ClientAuth;
    if (hasPurpose(leaf, serves ? KeyPurpose::ServerAuth : KeyPurpose::ClientAuth))
        return {};
    return fail(Errc::InvalidArgument,
                serves ? file + " is not the certificate of a server (extended key usage); 'tapio pki issue server NAME' makes one"
                       : file
                             + " is no certificate to connect with (extended key usage); 'tapio pki issue node NAME' makes one for an "
                               "agent, 'tapio pki issue console NAME' one for a console");
}

Status useCrl(SSL_CTX *context, const std::string &path)
{
    const auto pem = readSmallFile(path);
    if (!pem)
        return fail(pem.error());
    const auto crl = crlFromPem(*pem, path);
    if (!crl)
        return fail(crl.error());
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    if (X509_STORE_add_crl(store, crl->get()) != 1 || X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) != 1)
        return failOpenssl(Errc::Malformed, "cannot use " + path);
    return {};
}

} // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles &files, PeerRule rule)
{
    const std::shared_ptr<TlsContext> context(new TlsContext(std::move(rule)));
    if (auto configured = context->configure(); !configured)
        return fail(configured.error());
    if (auto loaded = context->loadFiles(files); !loaded)
        return fail(loaded.error());
    return context;
}

Status TlsContext::configure()
{
    m_context.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX *context = m_context.get();
    std::array groups{NID_X25519, NID_X9_62_prime256v1};
    const bool configured =
        context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1
        && SSL_CTX_set1_groups(context, groups.data(), groups.size()) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1
        && SSL_CTX_set_max_early_data(context, 0) == 1;
    if (!configured)
        return failOpenssl(Errc::Internal, "cannot configure TLS 1.3");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One record per call: a peer that sends only key updates must not hold the bridge's thread inside SSL_read.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, readBufferBytes);
    TlsSession::install(context);
    return {};
}

Status TlsContext::loadFiles(const TlsFiles &files)
{
    const auto authorities = readSmallFile(files.ca);
    if (!authorities)
        return fail(authorities.error());
    if (auto added = addAuthorities(SSL_CTX_get_cert_store(get()), *authorities, files.ca.string()); !added)
        return added;
    const auto certificates = readSmallFile(files.certificate);
    if (!certificates)
        return fail(certificates.error());
    const auto leaf = useCertificates(get(), *certificates, files.certificate.string());
    if (!leaf)
        return fail(leaf.error());
    auto own = readIdentity(leaf->get());
    if (!own)
        return fail(own.error().within(files.certificate.string()));
    m_own = std::move(*own);
    if (auto fits = checkPurpose(leaf->get(), m_rule.purpose, files.certificate.string()); !fits)
        return fits;
    const auto keyPem = readSecretFile(files.key);
    if (!keyPem)
        return fail(keyPem.error());
    const auto key = keyFromPem(*keyPem, files.key.string());
    if (!key)
        return fail(key.error());
    if (SSL_CTX_use_PrivateKey(get(), key->get()) != 1 || SSL_CTX_check_private_key(get()) != 1)
        return failOpenssl(Errc::Malformed, files.key.string() + " is not the key of " + files.certificate.string());
    return files.crl.empty() ? Status() : useCrl(get(), files.crl.string());
}

std::optional<Cause> TlsContext::refuse(X509 *certificate) const
{
    if (!hasPurpose(certificate, m_rule.purpose)) {
        return Cause{"wrong-purpose", m_rule.purpose == KeyPurpose::ClientAuth
                                          ? "Its certificate is not made for clients (extended key usage)."
                                          : "Its certificate is not made for servers (extended key usage)."};
    }
    const auto identity = readIdentity(certificate);
    if (!identity)
        return Cause{"bad-identity", "Its certificate is not one of Tapio: " + identity.error().context() + '.'};
    if (identity->trustDomain != m_own.trustDomain)
        return Cause{"bad-identity",
                     "Its certificate belongs to the trust domain " + identity->trustDomain + ", ours to " + m_own.trustDomain + '.'};
    if (std::find(m_rule.roles.begin(), m_rule.roles.end(), identity->role) == m_rule.roles.end())
        return Cause{"wrong-role",
                     "Its certificate says that it is a " + std::string(roleName(identity->role)) + ", which has no business here."};
    if (!m_rule.name.empty() && identity->name != m_rule.name)
        return Cause{"bad-identity", "Its certificate names " + identity->name + ", but " + m_rule.name + " is expected."};
    return std::nullopt;
}

Status TlsCredentials::refresh()
{
    std::string now = stamp();
    if (m_current && now == m_stamp)
        return {};
    auto loaded = TlsContext::load(m_files, m_rule);
    if (!loaded)
        return fail(loaded.error());
    m_current = std::move(*loaded);
    m_stamp = std::move(now);
    return {};
}

std::string TlsCredentials::stamp() const
{
    std::string text;
    for (const auto *path : {&m_files.ca, &m_files.certificate, &m_files.key, &m_files.crl}) {
        struct stat info {};
        if (path->empty() || ::stat(path->c_str(), &info) != 0) {
            text += "-;";
            continue;
        }
        for (const auto part : {static_cast<long long>(info.st_ino), static_cast<long long>(info.st_size),
                                static_cast<long long>(info.st_mtim.tv_sec), static_cast<long long>(info.st_mtim.tv_nsec)})
            text += std::to_string(part) + ',';
        text += ';';
    }
    return text;
}

} // namespace tapio::transport
