// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/pki.h"

#include <algorithm>

#include "protocol/transport/certificate.h"
#include "protocol/transport/certificateindex.h"
#include "protocol/transport/files.h"

namespace tapio::transport {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t clockToleranceNs = 300 * nsPerSecond;
constexpr mode_t secretMode = 0600;
constexpr mode_t publicMode = 0644;

fs::path indexFile(const fs::path &folder) { return folder / "index.json"; }
fs::path crlFile(const fs::path &folder) { return folder / "crl.pem"; }
fs::path authorityFile(const fs::path &folder) { return folder / "ca.crt"; }
fs::path authorityKeyFile(const fs::path &folder) { return folder / "ca.key"; }

/// The authority as it lies on disk, with its lock held: one change at a time.
struct Authority {
    FileDescriptor lock;
    X509Ptr certificate;
    KeyPtr key;
    CertificateIndex index;

    Issuer issuer() const { return {certificate.get(), key.get()}; }
};

std::int64_t toNs(std::chrono::hours hours) { return std::chrono::nanoseconds(hours).count(); }

Result<Authority> load(const fs::path &folder)
{
    auto lock = lockFile(folder / ".lock");
    if (!lock)
        return fail(lock.error());
    auto index = readIndex(indexFile(folder));
    if (!index)
        return fail(index.error());
    const auto certificatePem = readSmallFile(authorityFile(folder));
    if (!certificatePem)
        return fail(certificatePem.error());
    const auto keyPem = readSecretFile(authorityKeyFile(folder));
    if (!keyPem)
        return fail(keyPem.error());
    auto certificate = certificateFromPem(*certificatePem, authorityFile(folder).string());
    auto key = keyFromPem(*keyPem, authorityKeyFile(folder).string());
    if (!certificate || !key || X509_check_private_key(certificate->get(), key->get()) != 1)
        return fail(Errc::Corrupt, "ca.crt and ca.key in " + folder.string() + " do not belong together");
    return Authority{std::move(*lock), std::move(*certificate), std::move(*key), std::move(*index)};
}

fs::path issuedFolder(const fs::path &folder, Role role, std::string_view name)
{
    return folder / "issued" / (std::string(roleName(role)) + '-' + std::string(name));
}

TlsFiles filesIn(const fs::path &folder) { return {folder / "ca.crt", folder / "cert.pem", folder / "key.pem", folder / "crl.pem"}; }

CertificateState stateOf(const IndexEntry &entry, std::int64_t nowNs)
{
    if (entry.revokedNs != 0)
        return CertificateState::Revoked;
    if (nowNs >= entry.notAfterNs)
        return CertificateState::Expired;
    return nowNs < entry.notBeforeNs ? CertificateState::NotYetValid : CertificateState::Valid;
}

IssuedCertificate describe(const IndexEntry &entry, const std::string &trustDomain, std::int64_t nowNs)
{
    IssuedCertificate issued;
    issued.identity = {trustDomain, entry.role, entry.name, entry.serial, entry.notAfterNs};
    issued.notBeforeNs = entry.notBeforeNs;
    issued.notAfterNs = entry.notAfterNs;
    issued.state = stateOf(entry, nowNs);
    return issued;
}

/// Signs a new list of what the index says is revoked. It stays valid as long as the authority: an authority that nobody
/// used for a while must not stop a cluster from connecting.
Result<std::string> signCrl(Authority &authority, std::int64_t nowNs)
{
    std::vector<Revocation> revoked;
    for (const IndexEntry &entry : authority.index.entries) {
        if (entry.revokedNs != 0)
            revoked.push_back({entry.serial, entry.revokedNs});
    }
    ++authority.index.crlNumber;
    const auto crl =
        makeCrl(authority.issuer(), revoked, authority.index.crlNumber, nowNs - clockToleranceNs, notAfterNs(authority.certificate.get()));
    return crl ? toPem(crl->get()) : fail(crl.error());
}

/// Writes index and list, then the copies beside each issued certificate.
Status publishRevocations(const fs::path &folder, Authority &authority, std::int64_t nowNs)
{
    const auto pem = signCrl(authority, nowNs);
    if (!pem)
        return fail(pem.error());
    if (auto written = writeIndex(indexFile(folder), authority.index); !written)
        return written;
    if (auto written = writeAtomically(crlFile(folder), *pem, publicMode); !written)
        return written;
    for (const IndexEntry &entry : authority.index.entries) {
        const fs::path beside = issuedFolder(folder, entry.role, entry.name);
        std::error_code ignored; // a folder that a person moved away needs no list
        if (!fs::is_directory(beside, ignored))
            continue;
        if (auto written = writeAtomically(crlFile(beside), *pem, publicMode); !written)
            return written;
    }
    return {};
}

struct Signed {
    IndexEntry entry;
    std::string certificatePem;
    std::string keyPem;
};

Result<Signed> sign(const Authority &authority, const CertificateAuthority::Request &request, std::int64_t nowNs)
{
    CertificateSpec spec;
    spec.commonName = std::string(roleName(request.role)) + ' ' + request.name;
    spec.uri = Identity{authority.index.trustDomain, request.role, request.name, {}, 0}.uri();
    spec.notBeforeNs = request.notBeforeNs != 0 ? request.notBeforeNs : nowNs - clockToleranceNs;
    const std::int64_t startNs = request.notBeforeNs != 0 ? request.notBeforeNs : nowNs;
    spec.notAfterNs = std::min(startNs + toNs(request.validity), notAfterNs(authority.certificate.get()));
    spec.purpose = request.role == Role::Server ? KeyPurpose::ServerAuth : KeyPurpose::ClientAuth;
    const auto key = generateKey();
    if (!key)
        return fail(key.error());
    const auto certificate = makeCertificate(spec, key->get(), authority.issuer());
    if (!certificate)
        return fail(certificate.error());
    const auto certificatePem = toPem(certificate->get());
    const auto keyPem = toPem(key->get());
    if (!certificatePem || !keyPem)
        return fail(Errc::Internal, "cannot write the new certificate as PEM");
    return Signed{
        {serialHex(certificate->get()), request.role, request.name, notBeforeNs(certificate->get()), notAfterNs(certificate->get()), 0},
        *certificatePem,
        *keyPem};
}

Status writeIssued(const fs::path &target, const Signed &made, const std::string &authorityPem, const std::string &crlPem)
{
    if (auto created = ensurePrivateFolder(target); !created)
        return created;
    const TlsFiles files = filesIn(target);
    // The key first: a reader that meets the pair half-written sees that it does not match and keeps what it has.
    for (const auto &[path, content, mode] :
         {std::tuple(files.key, made.keyPem, secretMode), std::tuple(files.certificate, made.certificatePem, publicMode),
          std::tuple(files.ca, authorityPem, publicMode), std::tuple(files.crl, crlPem, publicMode)}) {
        if (auto written = writeAtomically(path, content, mode); !written)
            return written;
    }
    return {};
}

/// Records, then writes: a crash in between leaves a certificate that is listed and can be revoked or renewed.
Result<IssuedCertificate> record(const fs::path &folder, Authority &authority, const Signed &made, std::int64_t nowNs)
{
    authority.index.entries.push_back(made.entry);
    if (auto written = writeIndex(indexFile(folder), authority.index); !written)
        return fail(written.error());
    const auto authorityPem = readSmallFile(authorityFile(folder));
    const auto crlPem = readSmallFile(crlFile(folder));
    if (!authorityPem || !crlPem)
        return fail(authorityPem ? crlPem.error() : authorityPem.error());
    const fs::path target = issuedFolder(folder, made.entry.role, made.entry.name);
    if (auto written = writeIssued(target, made, *authorityPem, *crlPem); !written)
        return fail(written.error());
    IssuedCertificate issued = describe(made.entry, authority.index.trustDomain, nowNs);
    issued.files = filesIn(target);
    return issued;
}

Status checkRequest(Role role, std::string_view name, std::chrono::hours validity)
{
    if (role == Role::Unknown)
        return fail(Errc::InvalidArgument, "the role must be node, console or server");
    if (!isValidName(name))
        return fail(Errc::InvalidArgument, "the name '" + std::string(name.substr(0, 64))
                                               + "' must be 1 to 253 of a-z 0-9 . - and begin and end with a letter or digit");
    if (validity <= std::chrono::hours(0))
        return fail(Errc::InvalidArgument, "the validity must be one hour or more");
    return {};
}

std::vector<IndexEntry *> usable(CertificateIndex &index, Role role, std::string_view name, std::int64_t nowNs)
{
    std::vector<IndexEntry *> found;
    for (IndexEntry &entry : index.entries) {
        if (entry.role == role && entry.name == name && entry.revokedNs == 0 && nowNs < entry.notAfterNs)
            found.push_back(&entry);
    }
    return found;
}

Result<X509Ptr> makeAuthority(const std::string &trustDomain, EVP_PKEY *key, std::chrono::hours validity, std::int64_t nowNs)
{
    CertificateSpec spec;
    spec.commonName = "Tapio CA " + trustDomain;
    spec.uri = "spiffe://" + trustDomain; // SPIFFE X.509-SVID, section 3: signing certificates have no path
    spec.notBeforeNs = nowNs - clockToleranceNs;
    spec.notAfterNs = nowNs + toNs(validity);
    spec.isAuthority = true;
    return makeCertificate(spec, key, {nullptr, key});
}

Status writeAuthority(const fs::path &folder, const std::string &trustDomain, std::chrono::hours validity, std::int64_t nowNs)
{
    auto key = generateKey();
    if (!key)
        return fail(key.error());
    auto certificate = makeAuthority(trustDomain, key->get(), validity, nowNs);
    if (!certificate)
        return fail(certificate.error());
    const auto certificatePem = toPem(certificate->get());
    const auto keyPem = toPem(key->get());
    if (!certificatePem || !keyPem)
        return fail(Errc::Internal, "cannot write the new authority as PEM");
    if (auto written = writeAtomically(authorityKeyFile(folder), *keyPem, secretMode); !written)
        return written;
    if (auto written = writeAtomically(authorityFile(folder), *certificatePem, publicMode); !written)
        return written;
    Authority authority{{}, std::move(*certificate), std::move(*key), {trustDomain, 0, {}}};
    const auto crl = signCrl(authority, nowNs);
    if (!crl)
        return fail(crl.error());
    if (auto written = writeAtomically(crlFile(folder), *crl, publicMode); !written)
        return written;
    return writeIndex(indexFile(folder), authority.index); // last: its presence means complete
}

} // namespace

Result<CertificateAuthority> CertificateAuthority::init(const fs::path &folder, std::string trustDomain, std::chrono::hours validity,
                                                        const Clock &clock)
{
    if (!isValidName(trustDomain))
        return fail(Errc::InvalidArgument,
                    "the trust domain '" + trustDomain.substr(0, 64) + "' must be a lower-case domain name of a-z 0-9 . -");
    if (validity <= std::chrono::hours(0))
        return fail(Errc::InvalidArgument, "the validity must be one hour or more");
    std::error_code problem;
    if (folder.has_parent_path())
        fs::create_directories(folder.parent_path(), problem);
    if (problem)
        return failErrno("cannot create the folder " + folder.parent_path().string(), problem.value());
    for (const fs::path &each : {folder, folder / "issued"}) {
        if (auto created = ensurePrivateFolder(each); !created)
            return fail(created.error());
    }
    const auto lock = lockFile(folder / ".lock");
    if (!lock)
        return fail(lock.error());
    if (fs::exists(authorityFile(folder), problem) && fs::exists(indexFile(folder), problem))
        return fail(Errc::AlreadyExists, "there is a certificate authority in " + folder.string() + " already");
    if (auto written = writeAuthority(folder, trustDomain, validity, clock.utcNs()); !written)
        return fail(written.error());
    return CertificateAuthority(folder, std::move(trustDomain));
}

Result<CertificateAuthority> CertificateAuthority::open(const fs::path &folder)
{
    std::error_code problem;
    const bool exists = fs::exists(indexFile(folder), problem);
    if (problem)
        return failErrno("looking for a certificate authority in " + folder.string(), problem.value());
    if (!exists)
        return fail(Errc::NotFound, "there is no certificate authority in " + folder.string());
    auto authority = load(folder);
    if (!authority)
        return fail(authority.error());
    return CertificateAuthority(folder, authority->index.trustDomain);
}

Result<IssuedCertificate> CertificateAuthority::issue(const Request &request, const Clock &clock)
{
    if (auto valid = checkRequest(request.role, request.name, request.validity); !valid)
        return fail(valid.error());
    auto authority = load(m_folder);
    if (!authority)
        return fail(authority.error());
    const std::int64_t nowNs = clock.utcNs();
    if (!usable(authority->index, request.role, request.name, nowNs).empty())
        return fail(Errc::AlreadyExists, "there is a valid certificate of " + std::string(roleName(request.role)) + ' ' + request.name
                                             + " already; renew or revoke it");
    const auto made = sign(*authority, request, nowNs);
    return made ? record(m_folder, *authority, *made, nowNs) : fail(made.error());
}

Result<IssuedCertificate> CertificateAuthority::renew(Role role, std::string_view name, std::chrono::hours validity, bool keepOld,
                                                      const Clock &clock)
{
    if (auto valid = checkRequest(role, name, validity); !valid)
        return fail(valid.error());
    auto authority = load(m_folder);
    if (!authority)
        return fail(authority.error());
    const std::int64_t nowNs = clock.utcNs();
    const auto &entries = authority->index.entries;
    if (std::none_of(entries.begin(), entries.end(), [&](const IndexEntry &e) { return e.role == role && e.name == name; }))
        return fail(Errc::NotFound, "no certificate was ever issued for " + std::string(roleName(role)) + ' ' + std::string(name));
    const auto made = sign(*authority, {role, std::string(name), validity, 0}, nowNs);
    if (!made)
        return fail(made.error());
    const auto old = keepOld ? std::vector<IndexEntry *>() : usable(authority->index, role, name, nowNs);
    for (IndexEntry *entry : old)
        entry->revokedNs = nowNs;
    auto issued = record(m_folder, *authority, *made, nowNs);
    if (!issued || old.empty())
        return issued;
    // Last, so that the holder has its new certificate before the old one stops being accepted.
    if (auto published = publishRevocations(m_folder, *authority, nowNs); !published)
        return fail(published.error());
    return issued;
}

Status CertificateAuthority::revoke(std::string_view serial, const Clock &clock)
{
    auto authority = load(m_folder);
    if (!authority)
        return fail(authority.error());
    auto &entries = authority->index.entries;
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const IndexEntry &e) { return e.serial == serial; });
    if (found == entries.end())
        return fail(Errc::NotFound, "no certificate has the serial " + std::string(serial.substr(0, 64)));
    if (found->revokedNs == 0)
        found->revokedNs = clock.utcNs();
    return publishRevocations(m_folder, *authority, clock.utcNs());
}

Result<std::vector<IssuedCertificate>> CertificateAuthority::list(const Clock &clock) const
{
    const auto index = readIndex(indexFile(m_folder));
    if (!index)
        return fail(index.error());
    std::vector<IssuedCertificate> all;
    for (auto entry = index->entries.begin(); entry != index->entries.end(); ++entry) {
        all.push_back(describe(*entry, index->trustDomain, clock.utcNs()));
        // The folder holds the newest one of a role and name; older ones are on record only.
        const bool newest = std::none_of(entry + 1, index->entries.end(),
                                         [&](const IndexEntry &later) { return later.role == entry->role && later.name == entry->name; });
        if (newest)
            all.back().files = filesIn(issuedFolder(m_folder, entry->role, entry->name));
    }
    return all;
}

} // namespace tapio::transport
