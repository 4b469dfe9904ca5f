// SPDX-License-Identifier: GPL-3.0-or-later
// Files that call themselves libssl, and what /proc says of who uses them.
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "agent/collect/kernel/ssllibrary.h"
#include "agent/collect/kernel/sslusers.h"
#include "tests/bpf/elfimage.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

class tst_SslLibrary : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(TLS_method() != nullptr); } // so that the library is mapped
    void thisMachines_isUnderstood();
    void places_data();
    void places();
    void hostile_isRefused_data();
    void hostile_isRefused();
    void everyPrefix_isRefused();
    void costly_isReadOnce();
    void mappings_data();
    void mappings();
    void fileSystem_data();
    void fileSystem();
    void open_ownLibrary();
    void open_refuses_data();
    void open_refuses();
};

namespace {

std::string code(const char *hex) { return QByteArray::fromHex(hex).toStdString(); }

Result<std::vector<SslPlace>> find(const std::string &bytes)
{
    return findSslPlaces([&](std::uint64_t offset, std::span<std::byte> to) {
        if (offset > bytes.size() || to.size() > bytes.size() - offset)
            return false;
        std::memcpy(to.data(), bytes.data() + offset, to.size());
        return true;
    });
}

// sub, call of what follows: the distance is filled in by callOf()
const char *const plainRead = "4883ec08 31c0 85d2 7800 4883c408 c3";
const char *const checkedRead = "4883ec18 85d2 7800 8b0424 64482b142528000000 7505 4883c418 c3 e800000000";

std::string callOf(std::int32_t distance) { return code("4883ec08 e8") + ElfImage::raw(distance) + code("4883c408 c3"); }

ElfImage small()
{
    ElfImage image;
    image.functions = {{"SSL_write", code("4883ec18 85d2 7800 c3")}, {"SSL_read", code(plainRead)}};
    image.build();
    return image;
}

/// "SSL_read return 0x19 emulated" of each place; offsets within the function that lies there.
QStringList textOf(const ElfImage &image, const std::vector<SslPlace> &places)
{
    constexpr std::array<const char *, sslProbeCount> names{"write", "read", "read_ex", "read_return", "free"};
    QStringList all;
    for (const SslPlace &place : places) {
        std::size_t within = 0;
        while (within + 1 < image.at.size() && image.at[within + 1] <= place.offset)
            ++within;
        all.append(QString("%1@%2+%3%4%5")
                       .arg(names[std::size_t(place.probe)])
                       .arg(QByteArray(image.functions[within].name.data(), qsizetype(image.functions[within].name.size())).constData())
                       .arg(place.offset - image.at[within])
                       .arg(place.onReturn ? " return" : "", place.emulated ? "" : " stepped"));
    }
    return all;
}

} // namespace

void tst_SslLibrary::thisMachines_isUnderstood()
{
    std::vector<SslMapping> mappings = sslMappingsOf("/proc", std::uint32_t(::getpid()));
    QVERIFY(!mappings.empty());
    QFile file(QString::fromStdString(mappings[0].path));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto places = find(file.readAll().toStdString());
    QVERIFY2(places.has_value(), places ? "" : places.error().context().c_str());
    for (const SslProbe probe : {SslProbe::Write, SslProbe::ReadEx, SslProbe::ReadReturn, SslProbe::Free})
        QVERIFY(std::any_of(places->begin(), places->end(), [&](const SslPlace &one) { return one.probe == probe; }));
    qInfo("single-stepped: \"%s\"", singleStepped(*places).c_str());
}

void tst_SslLibrary::places_data()
{
#if !defined(__x86_64__)
    QSKIP("the rows are code of x86-64");
#endif
    QTest::addColumn<ElfImage>("image");
    QTest::addColumn<QStringList>("expected");
    QTest::addColumn<QString>("stepped");
    ElfImage image;
    const std::string write = code("4883ec18 85d2 7800 c3");
    image.functions = {{"SSL_write", write}, {"SSL_read", code(plainRead)}};
    QTest::newRow("no end to be had") << image
                                      << QStringList{"write@SSL_write+6", "read@SSL_read+0 stepped",
                                                     "read_return@SSL_read+0 return stepped"}
                                      << "SSL_read";
    image.functions = {{"SSL_write", write}, {"SSL_read", code(checkedRead)}};
    QTest::newRow("a check of the stack at the end")
        << image << QStringList{"write@SSL_write+6", "read@SSL_read+6", "read_return@SSL_read+20"} << "";
    image.functions = {{"SSL_write", code("c5f877")}, {"SSL_read", code("55 c5f877 c3")}, {"SSL_free", code("4885ff 7400 c3")}};
    QTest::newRow("unknown instructions") << image
                                          << QStringList{"write@SSL_write+0 stepped", "free@SSL_free+3", "read@SSL_read+0",
                                                         "read_return@SSL_read+0 return"}
                                          << "SSL_write";
    const std::string worker = code("4155 c3");
    image.functions = {{"SSL_write", write}, {"SSL_read_ex", callOf(14 - 9)}, {"worker", worker}, {"SSL_read", code(checkedRead)}};
    QTest::newRow("one that reads for SSL_read_ex")
        << image
        << QStringList{"write@SSL_write+6", "read_ex@worker+0", "read_return@worker+0 return", "read@SSL_read+6", "read_return@SSL_read+20"}
        << "";
    image.functions = {{"SSL_write", write}, {"SSL_read_ex", callOf(14 - 9)}, {"worker", worker}, {"SSL_read", callOf(-3 - 9)}};
    QTest::newRow("one that reads for both") << image << QStringList{"write@SSL_write+6", "read_ex@worker+0", "read_return@worker+0 return"}
                                             << "";
    image.functions = {{"SSL_write", write}, {"SSL_read_ex", callOf(14 - 9)}, {"worker", code("31c0 c3")}, {"SSL_read", code(checkedRead)}};
    QTest::newRow("one that reads and begins otherwise")
        << image
        << QStringList{"write@SSL_write+6", "read@SSL_read+6", "read_return@SSL_read+20", "read_ex@SSL_read_ex+0 stepped",
                       "read_return@SSL_read_ex+0 return stepped"}
        << "SSL_read_ex";
    image.functions = {{"SSL_write", write}, {"SSL_read_ex", callOf(0x7fffffff)}, {"SSL_read", code(checkedRead)}};
    QTest::newRow("one that reads and is nowhere")
        << image
        << QStringList{"write@SSL_write+6", "read@SSL_read+6", "read_return@SSL_read+20", "read_ex@SSL_read_ex+0 stepped",
                       "read_return@SSL_read_ex+0 return stepped"}
        << "SSL_read_ex";
}

void tst_SslLibrary::places()
{
    QFETCH(ElfImage, image);
    QFETCH(QStringList, expected);
    const auto places = find(image.build());
    QVERIFY2(places.has_value(), places ? "" : places.error().context().c_str());
    QCOMPARE(textOf(image, *places).join(", "), expected.join(", "));
    QTEST(QString::fromStdString(singleStepped(*places)), "stepped");
}

void tst_SslLibrary::hostile_isRefused_data()
{
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<Errc>("code");
    const auto row = [](const char *name, Errc code, auto change) {
        ElfImage image = small();
        change(image);
        QTest::newRow(name) << image.bytes << code;
    };
    row("nothing", Errc::Malformed, [](ElfImage &image) { image.bytes.clear(); });
    row("no ELF", Errc::Malformed, [](ElfImage &image) { image.bytes[0] = 'x'; });
    row("32 bits", Errc::Unsupported, [](ElfImage &image) { image.bytes[EI_CLASS] = ELFCLASS32; });
    row("big endian", Errc::Unsupported, [](ElfImage &image) { image.bytes[EI_DATA] = ELFDATA2MSB; });
    row("another machine", Errc::Unsupported, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_machine), Elf64_Half(EM_S390)); });
    row("sections of another size", Errc::Malformed, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_shentsize), Elf64_Half(1)); });
    row("too many sections", Errc::Malformed, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_shnum), Elf64_Half(65535)); });
    row("too many segments", Errc::Malformed, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_phnum), Elf64_Half(65535)); });
    row("sections behind the end", Errc::Malformed, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_shoff), Elf64_Off(1) << 40); });
    row("sections beyond all offsets", Errc::Malformed, [](ElfImage &image) { image.put(offsetof(Elf64_Ehdr, e_shoff), ~Elf64_Off(0)); });
    constexpr std::size_t table = ElfImage::sectionsAt + sizeof(Elf64_Shdr), texts = table + sizeof(Elf64_Shdr);
    row("no symbols", Errc::NotFound, [](ElfImage &image) { image.put(table + offsetof(Elf64_Shdr, sh_type), Elf64_Word(SHT_NULL)); });
    row("symbols without end", Errc::Malformed, [](ElfImage &image) { image.put(table + offsetof(Elf64_Shdr, sh_size), ~Elf64_Xword(0)); });
    row("symbols behind the end", Errc::Malformed,
        [](ElfImage &image) { image.put(table + offsetof(Elf64_Shdr, sh_offset), Elf64_Off(1) << 63); });
    row("names of no section", Errc::NotFound, [](ElfImage &image) { image.put(table + offsetof(Elf64_Shdr, sh_link), Elf64_Word(900)); });
    row("names without end", Errc::Malformed, [](ElfImage &image) { image.put(texts + offsetof(Elf64_Shdr, sh_size), ~Elf64_Xword(0)); });
    row("names that are empty", Errc::NotFound, [](ElfImage &image) { image.put(texts + offsetof(Elf64_Shdr, sh_size), Elf64_Xword(0)); });
    row("a name behind the names", Errc::NotFound,
        [](ElfImage &image) { image.put(ElfImage::symbolsAt + sizeof(Elf64_Sym), Elf64_Word(0x7fffffff)); });
    row("a function outside of the code", Errc::Malformed,
        [](ElfImage &image) { image.put(ElfImage::symbolsAt + sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_value), ~Elf64_Addr(0)); });
    row("a segment that is no code", Errc::Malformed,
        [](ElfImage &image) { image.put(sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_flags), Elf64_Word(PF_R)); });
    row("other functions", Errc::NotFound, [](ElfImage &image) {
        image.functions = {{"SSL_ImportFD", code("c3")}, {"SSL_read", code("c3")}};
        image.build();
    });
}

void tst_SslLibrary::hostile_isRefused()
{
    QFETCH(std::string, bytes);
    const auto places = find(bytes);
    QVERIFY(!places);
    QTEST(places.error().code(), "code");
    QVERIFY(!places.error().context().empty());
}

void tst_SslLibrary::everyPrefix_isRefused()
{
    const ElfImage image = small();
    QVERIFY(find(image.bytes).has_value());
    for (std::size_t size = 0; size < image.bytes.size(); ++size)
        QVERIFY(!find(image.bytes.substr(0, size)));
}

/// As many tables as are allowed, all of them the same, of as many symbols as are allowed, each with the same name of a MiB.
void tst_SslLibrary::costly_isReadOnce()
{
    constexpr std::size_t sections = 512, symbols = 1u << 15, nameBytes = 1u << 20;
    ElfImage image = small();
    const std::size_t tableAt = image.bytes.size(), symbolsAt = tableAt + sections * sizeof(Elf64_Shdr),
                      namesAt = symbolsAt + symbols * sizeof(Elf64_Sym);
    Elf64_Shdr table{}, texts{};
    table.sh_type = SHT_DYNSYM;
    table.sh_offset = symbolsAt;
    table.sh_size = symbols * sizeof(Elf64_Sym);
    table.sh_entsize = sizeof(Elf64_Sym);
    texts.sh_type = SHT_STRTAB;
    texts.sh_offset = namesAt;
    texts.sh_size = nameBytes;
    Elf64_Sym symbol{};
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = 1;
    image.bytes += ElfImage::raw(texts);
    for (std::size_t i = 1; i < sections; ++i)
        image.bytes += ElfImage::raw(table);
    for (std::size_t i = 0; i < symbols; ++i)
        image.bytes += ElfImage::raw(symbol);
    image.bytes += std::string(nameBytes, 'x');
    image.put(offsetof(Elf64_Ehdr, e_shoff), Elf64_Off(tableAt));
    image.put(offsetof(Elf64_Ehdr, e_shnum), Elf64_Half(sections));

    std::size_t read = 0;
    const std::clock_t begin = std::clock();
    const auto places = findSslPlaces([&](std::uint64_t offset, std::span<std::byte> to) {
        read += to.size();
        if (offset > image.bytes.size() || to.size() > image.bytes.size() - offset)
            return false;
        std::memcpy(to.data(), image.bytes.data() + offset, to.size());
        return true;
    });
    const auto took = std::chrono::milliseconds(1000 * (std::clock() - begin) / CLOCKS_PER_SEC);
    qInfo("%zu bytes read, %lld ms", read, static_cast<long long>(took.count()));
    QVERIFY(!places && places.error().code() == Errc::NotFound);
    QVERIFY(read <= 2u << 20);
    QVERIFY(took < 300ms);
}

void tst_SslLibrary::mappings_data()
{
    QTest::addColumn<QByteArray>("maps");
    QTest::addColumn<QStringList>("expected");
    const QByteArray libssl = "7f0a11e00000-7f0a11e5b000 r-xp 0001f000 fe:01 333427                     /usr/lib/libssl.so.3\n";
    QTest::newRow("one") << libssl << QStringList{"fe:01 333427 /usr/lib/libssl.so.3"};
    QTest::newRow("mapped twice") << libssl + libssl << QStringList{"fe:01 333427 /usr/lib/libssl.so.3"};
    QTest::newRow("without the end of the line") << libssl.chopped(1) << QStringList{"fe:01 333427 /usr/lib/libssl.so.3"};
    QTest::newRow("of a wheel, and a folder with blanks")
        << QByteArray("1-2 r-xp 0 00:2f 7 /a b/libssl-3f6dd5b8.so.1.1\n") << QStringList{"00:2f 7 /a b/libssl-3f6dd5b8.so.1.1"};
    QTest::newRow("data") << QByteArray(libssl).replace("r-xp", "r--p") << QStringList();
    QTest::newRow("deleted") << QByteArray(libssl).replace("\n", " (deleted)\n")
                             << QStringList{"fe:01 333427 /usr/lib/libssl.so.3 deleted"};
    QTest::newRow("deleted, and called so") << QByteArray(libssl).replace("\n", " (deleted) (deleted)\n")
                                            << QStringList{"fe:01 333427 /usr/lib/libssl.so.3 (deleted) deleted"};
    QTest::newRow("NSS") << QByteArray(libssl).replace("libssl.so.3", "libssl3.so") << QStringList();
    QTest::newRow("another name") << QByteArray(libssl).replace("libssl.so.3", "notlibssl.so.3") << QStringList();
    QTest::newRow("a folder of that name") << QByteArray(libssl).replace("libssl.so.3", "libssl.so.3/x") << QStringList();
    QTest::newRow("no inode") << QByteArray(libssl).replace("333427", "0") << QStringList();
    QTest::newRow("an inode that is no number") << QByteArray(libssl).replace("333427", "99999999999999999999999") << QStringList();
    QTest::newRow("no path") << QByteArray("1-2 r-xp 0 00:2f 7 libssl.so.3\n") << QStringList();
    QTest::newRow("escaped") << QByteArray("1-2 r-xp 0 00:2f 7 /a\\012b/libssl.so.3\n") << QStringList();
    QTest::newRow("half a line") << QByteArray("libssl") << QStringList();
    QTest::newRow("nothing") << QByteArray() << QStringList();
}

void tst_SslLibrary::mappings()
{
    QFETCH(QByteArray, maps);
    QStringList found;
    for (const SslMapping &one : parseSslMappings(maps.toStdString()))
        found.append(QString("%1 %2 %3%4")
                         .arg(QString::fromStdString(one.device))
                         .arg(one.inode)
                         .arg(QString::fromStdString(one.path), one.isDeleted ? " deleted" : ""));
    QTEST(found, "expected");
}

void tst_SslLibrary::fileSystem_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("type");
    QTest::newRow("the root") << QByteArray("/usr/lib/libssl.so.3") << QByteArray("overlay");
    QTest::newRow("a mount below") << QByteArray("/data/x/libssl.so.3") << QByteArray("ext4");
    QTest::newRow("the last of two at one place") << QByteArray("/mnt/libssl.so.3") << QByteArray("fuse.sshfs");
    QTest::newRow("a name that only begins so") << QByteArray("/database/libssl.so.3") << QByteArray("overlay");
    QTest::newRow("escaped") << QByteArray("/a b/libssl.so.3") << QByteArray("nfs4");
}

void tst_SslLibrary::fileSystem()
{
    QFETCH(QByteArray, path);
    constexpr std::string_view mounts = "1 0 0:30 / / rw - overlay overlay rw\n2 1 254:1 / /data rw,noatime shared:1 - ext4 /dev/vda1 rw\n"
                                        "3 1 254:1 / /mnt rw - ext4 /dev/vda1 rw\n4 3 0:40 / /mnt rw - fuse.sshfs me@there: rw\n"
                                        "5 1 0:41 / /a\\040b rw - nfs4 there:/ rw\nbroken\n6 1 - \n";
    QTEST(QByteArray::fromStdString(fileSystemOf(mounts, path.toStdString())), "type");
    QVERIFY(isLocalFileSystem("overlay") && isLocalFileSystem("ext4"));
    for (const char *type : {"", "fuse", "fuse.sshfs", "fuseblk", "nfs", "nfs4", "9p", "cifs", "proc"})
        QVERIFY(!isLocalFileSystem(type));
}

void tst_SslLibrary::open_ownLibrary()
{
    const auto pid = std::uint32_t(::getpid());
    const auto mappings = sslMappingsOf("/proc", pid);
    QVERIFY(!mappings.empty());
    const auto opened = openMapped("/proc", pid, mappings[0]);
    if (!opened && opened.error().code() == Errc::Unsupported)
        QSKIP(opened.error().context().c_str());
    QVERIFY2(opened.has_value(), opened ? "" : opened.error().message().c_str());
    QCOMPARE(opened->identity.inode, mappings[0].inode);
    ::close(opened->fd);
}

void tst_SslLibrary::open_refuses_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"missing", "link", "fifo", "folder", "other inode", "link/libssl.so.3"})
        QTest::newRow(name) << name;
}

void tst_SslLibrary::open_refuses()
{
    QFETCH(QString, name);
    const QTemporaryDir folder;
    const std::string base = folder.path().toStdString() + '/';
    QVERIFY(::symlink("/etc/passwd", (base + "link").c_str()) == 0);
    QVERIFY(::mkfifo((base + "fifo").c_str(), 0600) == 0);
    QVERIFY(::mkdir((base + "folder").c_str(), 0700) == 0);
    QFile file(folder.filePath("other inode"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    struct stat facts {};
    ::stat((base + name.toStdString()).c_str(), &facts);
    const std::uint64_t inode = name == "other inode" ? facts.st_ino + 1 : facts.st_ino;
    const auto opened = openMapped("/proc", std::uint32_t(::getpid()), {"00:00", inode, base + name.toStdString()});
    QVERIFY(!opened);
    QVERIFY(!opened.error().message().empty());
    QVERIFY(!openMapped("/proc", std::numeric_limits<std::uint32_t>::max(), {"00:00", inode, base}));
}

QTEST_GUILESS_MAIN(tst_SslLibrary)
#include "tst_ssllibrary.moc"
