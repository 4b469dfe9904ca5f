// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/faultvfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <sqlite3.h>

namespace tapio::test {

namespace {

constexpr std::size_t sectorBytes = 512;

/// SQLite allocates szOsFile bytes: this, and behind it the real VFS's file.
struct ShimFile {
    sqlite3_file base;
    FaultVfs *owner;
    FaultVfs::Disk *disk; ///< null: a file whose loss does not matter
    bool syncsFolder;     ///< with its next sync
};

ShimFile *shim(sqlite3_file *file) { return reinterpret_cast<ShimFile *>(file); }
sqlite3_file *real(sqlite3_file *file) { return reinterpret_cast<sqlite3_file *>(shim(file) + 1); }
FaultVfs *owner(sqlite3_vfs *vfs) { return static_cast<FaultVfs *>(vfs->pAppData); }
sqlite3_vfs *parent() { return sqlite3_vfs_find("unix"); }

void apply(std::vector<unsigned char> &image, const FaultVfs::Operation &operation)
{
    const auto offset = static_cast<std::size_t>(operation.offset);
    if (operation.truncate) {
        image.resize(offset);
        return;
    }
    if (image.size() < offset + operation.bytes.size())
        image.resize(offset + operation.bytes.size());
    std::copy(operation.bytes.begin(), operation.bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

int closeFile(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }
int readFile(sqlite3_file *file, void *to, int n, sqlite3_int64 at) { return real(file)->pMethods->xRead(real(file), to, n, at); }

int writeFile(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    FaultVfs *vfs = shim(file)->owner;
    int code = vfs->next(false);
    const auto *bytes = static_cast<const unsigned char *>(from);
    int kept = n;
    if (code == SQLITE_IOERR_WRITE && vfs->errnum() == 0) // a short write: half arrives
        kept = n / 2;
    else if (code != SQLITE_OK && !vfs->dying())
        return code; // dying: this write was under way, some of it may arrive
    if (shim(file)->disk != nullptr)
        shim(file)->disk->unsynced.push_back({at, {bytes, bytes + kept}, false});
    const int written = real(file)->pMethods->xWrite(real(file), from, kept, at);
    return code != SQLITE_OK ? code : written;
}

int truncateFile(sqlite3_file *file, sqlite3_int64 size)
{
    if (const int code = shim(file)->owner->next(false); code != SQLITE_OK)
        return code;
    if (shim(file)->disk != nullptr)
        shim(file)->disk->unsynced.push_back({size, {}, true});
    return real(file)->pMethods->xTruncate(real(file), size);
}

int syncFile(sqlite3_file *file, int flags)
{
    if (const int code = shim(file)->owner->next(true); code != SQLITE_OK)
        return code;
    if (FaultVfs::Disk *disk = shim(file)->disk; disk != nullptr) {
        for (const FaultVfs::Operation &operation : disk->unsynced)
            apply(disk->durable, operation);
        disk->unsynced.clear();
        if (std::exchange(shim(file)->syncsFolder, false))
            shim(file)->owner->syncFolder();
    }
    return real(file)->pMethods->xSync(real(file), flags);
}

int fileSize(sqlite3_file *file, sqlite3_int64 *size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lockFile(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlockFile(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int checkReserved(sqlite3_file *file, int *out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int control(sqlite3_file *file, int op, void *argument) { return real(file)->pMethods->xFileControl(real(file), op, argument); }
int sectorSize(sqlite3_file *) { return static_cast<int>(sectorBytes); }
int characteristics(sqlite3_file *) { return 0; } // nothing atomic, nothing in order
int shmMap(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int shmLock(sqlite3_file *file, int offset, int n, int flags) { return real(file)->pMethods->xShmLock(real(file), offset, n, flags); }
void shmBarrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shmUnmap(sqlite3_file *file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

const sqlite3_io_methods methods = {
    2,       closeFile,  readFile,        writeFile, truncateFile, syncFile,   fileSize, lockFile, unlockFile, checkReserved,
    control, sectorSize, characteristics, shmMap,    shmLock,      shmBarrier, shmUnmap, nullptr,  nullptr,
};

int openFile(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *outFlags)
{
    std::memset(shim(file), 0, sizeof(ShimFile));
    const bool journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    // Before the real open, which makes the file.
    FaultVfs::Disk *disk = name != nullptr && (journal || (flags & SQLITE_OPEN_MAIN_DB) != 0) ? &owner(vfs)->disk(name) : nullptr;
    const int code = parent()->xOpen(parent(), name, real(file), flags, outFlags);
    if (code != SQLITE_OK)
        return code;
    shim(file)->base.pMethods = &methods;
    shim(file)->owner = owner(vfs);
    shim(file)->disk = disk;
    // As os_unix.c has it (UNIXFILE_DIRSYNC): the first sync of a journal that may have been made here syncs the folder too.
    shim(file)->syncsFolder = journal && (flags & SQLITE_OPEN_CREATE) != 0;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs *vfs, const char *name, int syncFolder)
{
    if (const int code = owner(vfs)->next(false); code != SQLITE_OK)
        return code;
    owner(vfs)->disk(name).deleted = true;
    if (syncFolder != 0)
        owner(vfs)->syncFolder();
    return parent()->xDelete(parent(), name, syncFolder);
}

int accessFile(sqlite3_vfs *, const char *name, int flags, int *out) { return parent()->xAccess(parent(), name, flags, out); }
int fullPath(sqlite3_vfs *, const char *name, int n, char *out) { return parent()->xFullPathname(parent(), name, n, out); }
int randomness(sqlite3_vfs *, int n, char *out) { return parent()->xRandomness(parent(), n, out); }
int sleepFor(sqlite3_vfs *, int us) { return parent()->xSleep(parent(), us); }
int currentTime(sqlite3_vfs *, double *out) { return parent()->xCurrentTime(parent(), out); }
int lastError(sqlite3_vfs *vfs, int n, char *out)
{
    const int errnum = owner(vfs)->errnum();
    return errnum != 0 ? errnum : parent()->xGetLastError(parent(), n, out);
}

} // namespace

FaultVfs::FaultVfs() : m_name("tapio-fault-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))), m_vfs(new sqlite3_vfs())
{
    sqlite3_initialize();
    m_vfs->iVersion = 1;
    m_vfs->szOsFile = static_cast<int>(sizeof(ShimFile)) + parent()->szOsFile;
    m_vfs->mxPathname = parent()->mxPathname;
    m_vfs->zName = m_name.c_str();
    m_vfs->pAppData = this;
    m_vfs->xOpen = openFile;
    m_vfs->xDelete = deleteFile;
    m_vfs->xAccess = accessFile;
    m_vfs->xFullPathname = fullPath;
    m_vfs->xRandomness = randomness;
    m_vfs->xSleep = sleepFor;
    m_vfs->xCurrentTime = currentTime;
    m_vfs->xGetLastError = lastError;
    sqlite3_vfs_register(m_vfs, 0);
}

FaultVfs::~FaultVfs()
{
    sqlite3_vfs_unregister(m_vfs);
    delete m_vfs;
}

FaultVfs::Disk &FaultVfs::disk(const std::string &path)
{
    const auto [it, added] = m_disks.try_emplace(path);
    Disk &disk = it->second;
    if (added) {
        std::ifstream file(path, std::ios::binary);
        disk.durable.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        disk.exists = file.is_open();
    } else if (disk.deleted) { // made again under the same name
        Disk fresh;
        fresh.hadBefore = disk.exists || disk.hadBefore;
        fresh.before = std::move(disk.exists ? disk.durable : disk.before);
        disk = std::move(fresh);
    }
    return disk;
}

void FaultVfs::syncFolder()
{
    std::erase_if(m_disks, [](const auto &entry) { return entry.second.deleted; });
    for (auto &[path, disk] : m_disks) {
        disk.exists = true;
        disk.hadBefore = false;
        disk.before.clear();
    }
}

void FaultVfs::failAfter(std::uint64_t after, Fault fault)
{
    m_failAt = m_operations + after;
    m_fault = fault;
}

int FaultVfs::next(bool isSync)
{
    ++m_operations;
    m_errnum = 0;
    if (m_operations >= m_dieAt) {
        m_errnum = EIO;
        return isSync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    }
    if (m_fault == Fault::None || m_operations < m_failAt || isSync != (m_fault == Fault::SyncError))
        return SQLITE_OK;
    switch (m_fault) {
    case Fault::NoSpace: m_errnum = ENOSPC; return SQLITE_FULL;
    case Fault::WriteError: m_errnum = EIO; return SQLITE_IOERR_WRITE;
    case Fault::SyncError: m_errnum = EIO; return SQLITE_IOERR_FSYNC;
    case Fault::ShortWrite: return SQLITE_IOERR_WRITE;
    case Fault::None: break;
    }
    return SQLITE_OK;
}

void FaultVfs::writeSurvivors(const std::filesystem::path &folder, std::uint64_t seed) const
{
    std::mt19937_64 random(seed);
    const auto keepEvery = random() % 4; // 0: nothing unsynced survives; 3: nearly all
    for (const auto &[path, disk] : m_disks) {
        const bool old = disk.hadBefore && random() % 2 == 0;
        if (!old && ((!disk.exists && keepEvery == 0) || (disk.deleted && random() % 2 == 0)))
            continue;
        std::vector<unsigned char> image = old ? disk.before : disk.durable;
        for (const Operation &operation : old ? std::vector<Operation>() : disk.unsynced) {
            if (operation.truncate) {
                if (random() % 4 < keepEvery)
                    apply(image, operation);
                continue;
            }
            for (std::size_t at = 0; at < operation.bytes.size(); at += sectorBytes) {
                if (random() % 4 >= keepEvery)
                    continue;
                const auto begin = operation.bytes.begin() + static_cast<std::ptrdiff_t>(at);
                const auto end = operation.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + sectorBytes, operation.bytes.size()));
                apply(image, {operation.offset + static_cast<std::int64_t>(at), {begin, end}, false});
            }
        }
        std::ofstream out(folder / std::filesystem::path(path).filename(), std::ios::binary);
        out.write(reinterpret_cast<const char *>(image.data()), static_cast<std::streamsize>(image.size()));
    }
}

} // namespace tapio::test
