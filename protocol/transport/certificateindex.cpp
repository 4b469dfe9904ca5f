// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/certificateindex.h"

#include <nlohmann/json.hpp>

#include "protocol/transport/files.h"
#include "protocol/transport/identity.h"

namespace tapio::transport {

namespace {

using nlohmann::json;

constexpr int formatVersion = 1;

json toJson(const IndexEntry &entry)
{
    return {{"serial", entry.serial},
            {"role", std::string(roleName(entry.role))},
            {"name", entry.name},
            {"notBeforeNs", entry.notBeforeNs},
            {"notAfterNs", entry.notAfterNs},
            {"revokedNs", entry.revokedNs}};
}

IndexEntry entryFrom(const json &value)
{
    IndexEntry entry;
    entry.serial = value.at("serial").get<std::string>();
    entry.role = roleFromName(value.at("role").get<std::string>());
    entry.name = value.at("name").get<std::string>();
    entry.notBeforeNs = value.at("notBeforeNs").get<std::int64_t>();
    entry.notAfterNs = value.at("notAfterNs").get<std::int64_t>();
    entry.revokedNs = value.at("revokedNs").get<std::int64_t>();
    return entry;
}

} // namespace

Result<CertificateIndex> readIndex(const std::filesystem::path &file)
{
    const auto text = readSmallFile(file);
    if (!text)
        return fail(text.error());
    const auto corrupt = [&](const std::string &why) { return fail(Errc::Corrupt, file.string() + " is damaged: " + why); };
    try {
        const json root = json::parse(*text);
        if (root.at("version").get<int>() != formatVersion)
            return fail(Errc::VersionMismatch, file.string() + " was written by another version of Tapio");
        CertificateIndex index;
        index.trustDomain = root.at("trustDomain").get<std::string>();
        index.crlNumber = root.at("crlNumber").get<std::uint64_t>();
        for (const json &value : root.at("certificates")) {
            index.entries.push_back(entryFrom(value));
            // Names become folder names: a damaged one must not lead out of the folder.
            if (index.entries.back().role == Role::Unknown || !isValidName(index.entries.back().name))
                return corrupt("certificate " + index.entries.back().serial + " has no valid role and name");
        }
        if (!isValidName(index.trustDomain))
            return corrupt("no valid trust domain");
        return index;
    } catch (const json::exception &problem) {
        return corrupt(problem.what());
    }
}

Status writeIndex(const std::filesystem::path &file, const CertificateIndex &index)
{
    json certificates = json::array();
    for (const IndexEntry &entry : index.entries)
        certificates.push_back(toJson(entry));
    const json root = {{"version", formatVersion},
                       {"trustDomain", index.trustDomain},
                       {"crlNumber", index.crlNumber},
                       {"certificates", std::move(certificates)}};
    return writeAtomically(file, root.dump(2) + '\n', 0600);
}

} // namespace tapio::transport
