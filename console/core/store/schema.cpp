// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/schema.h"

#include <array>
#include <system_error>

namespace tapio::console {

namespace {

/// Version 1. Numbers of events run without holes: chunk `id` has the events id .. id + n - 1.
constexpr const char *version1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE node(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE stream(id INTEGER PRIMARY KEY, node INTEGER NOT NULL, stream INTEGER NOT NULL, frame_seq INTEGER NOT NULL,
    whole INTEGER NOT NULL, seen INTEGER NOT NULL, UNIQUE(node, stream));
CREATE TABLE origin(id INTEGER PRIMARY KEY, place INTEGER NOT NULL, cgroup INTEGER NOT NULL, path TEXT NOT NULL,
    container_id TEXT NOT NULL, container TEXT NOT NULL, pod_uid TEXT NOT NULL, pod TEXT NOT NULL, namespace TEXT NOT NULL,
    attribution INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE INDEX origin_path ON origin(path);
CREATE INDEX origin_pod ON origin(pod);
CREATE INDEX origin_namespace ON origin(namespace);

CREATE TABLE event_zone(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
    level INTEGER NOT NULL, types INTEGER NOT NULL, severities INTEGER NOT NULL, streams BLOB NOT NULL, origins BLOB NOT NULL,
    type_counts BLOB NOT NULL, front INTEGER NOT NULL, size INTEGER NOT NULL, written INTEGER NOT NULL, digest BLOB NOT NULL,
    previous BLOB, hash BLOB);
CREATE INDEX event_zone_t0 ON event_zone(t0);
CREATE INDEX event_zone_t1 ON event_zone(t1);
CREATE TABLE event_chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE event_pids(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE event_grams(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE event_hot(t INTEGER NOT NULL, event INTEGER NOT NULL, severity INTEGER NOT NULL, type INTEGER NOT NULL,
    stream INTEGER NOT NULL, origin INTEGER NOT NULL, pid INTEGER NOT NULL, PRIMARY KEY(t, event)) WITHOUT ROWID;

CREATE TABLE series_group(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, owner INTEGER NOT NULL, code INTEGER NOT NULL,
    done INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE INDEX series_group_code ON series_group(class, code);
CREATE TABLE series(grp INTEGER NOT NULL, slot INTEGER NOT NULL, class INTEGER NOT NULL, owner INTEGER NOT NULL, code INTEGER NOT NULL,
    place INTEGER NOT NULL, label TEXT NOT NULL, origin INTEGER NOT NULL, PRIMARY KEY(grp, slot)) WITHOUT ROWID;
CREATE UNIQUE INDEX series_key ON series(class, owner, code, place, label);
CREATE TABLE sample_recent(id INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE sample_block(id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, tier INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
    n INTEGER NOT NULL, times INTEGER NOT NULL, state INTEGER NOT NULL, written INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX sample_block_group ON sample_block(grp, tier, t1);
CREATE INDEX sample_block_todo ON sample_block(grp, state) WHERE state < 2;
CREATE INDEX sample_block_written ON sample_block(written);

CREATE TABLE loss(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream INTEGER NOT NULL, cause TEXT NOT NULL, events INTEGER NOT NULL);
CREATE INDEX loss_t ON loss(t);
CREATE TABLE loss_total(stream INTEGER NOT NULL, source TEXT NOT NULL, cause TEXT NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY(stream, source, cause)) WITHOUT ROWID;
CREATE TABLE hook_report(stream INTEGER PRIMARY KEY, t INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE agent(node INTEGER PRIMARY KEY, t INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE link_notice(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX link_notice_t ON link_notice(t);
CREATE TABLE action(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, user TEXT NOT NULL);
CREATE INDEX action_t ON action(t);
)sql";

/// Version 2: what runs in a container, and what runs the pod. Rows that were there do not know.
constexpr const char *version2 = R"sql(
ALTER TABLE origin ADD COLUMN workload_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE origin ADD COLUMN workload TEXT NOT NULL DEFAULT '';
ALTER TABLE origin ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE origin ADD COLUMN image_id TEXT NOT NULL DEFAULT '';
)sql";

/// Version 3: events of `stream` numbered first to last that came with the origin `was` are of `now`. Chunks stay as they are, sealed or not: an event
/// keeps what was said of it, and this says what is known since. Those of them that are stored have running numbers below `before`: it goes with the
/// last of them. The few severe events that were there already and are still amended have no `seq`, and a search for severe ones takes them as they came.
constexpr const char *version3 = R"sql(
CREATE TABLE amendment(stream INTEGER NOT NULL, was INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, now INTEGER NOT NULL,
    before INTEGER NOT NULL, PRIMARY KEY(stream, was, first)) WITHOUT ROWID;
CREATE INDEX amendment_before ON amendment(before);
ALTER TABLE event_hot ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
)sql";

/// Version 4: what an origin is looked up by (where nothing is known of a cgroup but its number, all of the path's index is one entry), and
/// amendments by what a search is about.
constexpr const char *version4 = R"sql(
CREATE INDEX origin_place ON origin(path, container_id, pod_uid, cgroup);
DROP INDEX origin_path;
CREATE INDEX amendment_was ON amendment(was);
CREATE INDEX amendment_now ON amendment(now, was);
)sql";

/// Version 5: what operators said of insights. Rows are added and never changed; of an insight the one with the highest id holds. No AUTOINCREMENT:
/// none is ever removed.
constexpr const char *version5 = R"sql(
CREATE TABLE verdict(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, node TEXT NOT NULL, insight INTEGER NOT NULL, rule TEXT NOT NULL,
    kind INTEGER NOT NULL, reason TEXT NOT NULL, user TEXT NOT NULL);
CREATE INDEX verdict_insight ON verdict(insight);
)sql";

/// Step i brings a file from version i to i + 1. Never changed once released; a new version appends one.
constexpr std::array<const char *, storeSchemaVersion> migrations{version1, version2, version3, version4, version5};

Status notAStore(const Database &database, const std::string &why)
{
    return fail(Errc::Corrupt, "file '" + database.file().string() + "' is not a Tapio store: " + why
                                   + "; choose another file, or move it away to start a new one");
}

/// The file's version; 0 = new and empty.
Result<std::int64_t> versionOf(Database &database)
{
    const Result<std::int64_t> application = database.integer("PRAGMA application_id");
    if (!application)
        return fail(application.error());
    const Result<std::int64_t> version = database.integer("PRAGMA user_version");
    if (!version)
        return fail(version.error());
    const Result<std::int64_t> objects = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!objects)
        return fail(objects.error());
    if (*application == 0 && *version == 0 && *objects == 0)
        return 0;
    if (*application != storeApplicationId)
        return fail(notAStore(database, "it is a database of another program").error());
    if (*version > storeSchemaVersion)
        return fail(Errc::VersionMismatch, "store '" + database.file().string() + "' has version " + std::to_string(*version)
                                               + ", this Tapio knows up to " + std::to_string(storeSchemaVersion)
                                               + ": it was written by a newer Tapio; use that, or choose another file");
    if (*version < 1)
        return fail(notAStore(database, "its version is " + std::to_string(*version)).error());
    return *version;
}

Status migrate(Database &database, std::int64_t from, std::int64_t nowNs)
{
    Transaction transaction(database);
    Status status = transaction.begin();
    for (auto version = static_cast<std::size_t>(from); status && version < migrations.size(); ++version)
        status = database.execute(migrations[version]);
    if (status && from == 0)
        status = database.statement("INSERT INTO meta(key, value) VALUES('created', ?1), ('next_event', 1), ('next_recent', 1)")
                     .bind(nowNs)
                     .run();
    if (status)
        status = database.execute("PRAGMA application_id=" + std::to_string(storeApplicationId)
                                  + "; PRAGMA user_version=" + std::to_string(storeSchemaVersion));
    if (status)
        status = transaction.commit();
    return status;
}

} // namespace

Status prepareForWriting(Database &database, std::int64_t nowNs)
{
    const Result<std::int64_t> version = versionOf(database);
    if (!version)
        return fail(version.error());
    // Page size and auto_vacuum only take effect before the first table; the others are per connection.
    Status status;
    if (*version == 0)
        status = database.execute("PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL;");
    if (status)
        status = database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;"
                                  "PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;");
    if (status && *version < storeSchemaVersion)
        status = migrate(database, *version, nowNs);
    return status;
}

namespace {

Result<std::unique_ptr<Database>> openAndCheck(const std::filesystem::path &file, Database::Mode mode)
{
    Result<std::unique_ptr<Database>> database = Database::open(file, mode, {});
    if (!database)
        return database;
    const Result<std::int64_t> version = versionOf(**database);
    if (!version)
        return fail(version.error());
    if (*version == 0)
        return fail(notAStore(**database, "it is empty").error());
    return database;
}

} // namespace

Result<std::int64_t> schemaVersion(Database &database) { return database.integer("PRAGMA user_version"); }

Result<std::unique_ptr<Database>> openForReading(const std::filesystem::path &file)
{
    Result<std::unique_ptr<Database>> database = openAndCheck(file, Database::Mode::ReadOnly);
    if (database)
        return database;
    // SQLite must be able to write beside a file that has a log, even to read it; on a read-only medium that fails with what
    // errno happens to say. Without a log there is nothing to read but the file itself.
    const Errc code = database.error().code();
    const bool medium = code == Errc::ReadOnly || code == Errc::PermissionDenied || code == Errc::NotFound || code == Errc::Io;
    std::filesystem::path log = file;
    log += "-wal";
    std::error_code error;
    if (!medium || !std::filesystem::exists(file, error) || std::filesystem::exists(log, error) || error)
        return database;
    return openAndCheck(file, Database::Mode::Immutable);
}

} // namespace tapio::console
