// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that have used all of their descriptors.
#include <QTest>

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_DescriptorHooks : public QObject {
    Q_OBJECT

private slots:
    void exhausted_isTold_data();
    void exhausted_isTold();
    void oneFree_isNotTold_data();
    void oneFree_isNotTold();
    void exhausted_isToldOnceUntilOneIsFree();
    void thoseThatAreThere_areTold();
    void manyAtOnce_areToldByLaterLooks();
};

namespace {

constexpr std::chrono::milliseconds look{500}; ///< no look is nearer to another one

/// Why a process here may not have so many; empty when it may.
QString refusal(int limit)
{
    rlimit own{};
    ::getrlimit(RLIMIT_NOFILE, &own);
    return own.rlim_max >= static_cast<rlim_t>(limit) ? QString()
                                                      : QString("no more than %1 descriptors are allowed here").arg(own.rlim_max);
}

agent::KernelOptions looking()
{
    agent::KernelOptions options;
    options.descriptorsLook = look;
    return options;
}

/// Opens until the kernel refuses it. False: for another reason than the limit.
bool useAll(rlim_t limit)
{
    rlimit limits{};
    ::getrlimit(RLIMIT_NOFILE, &limits);
    limits.rlim_cur = limit;
    if (::setrlimit(RLIMIT_NOFILE, &limits) != 0)
        return false;
    while (::dup(0) >= 0) {}
    return errno == EMFILE;
}

/// Uses all, says so, and then does as it is told: 'f' frees one, 'u' uses all again; each is answered.
class Hoarder {
public:
    explicit Hoarder(rlim_t limit, std::vector<int> freed = {}) : m_child(Child::run([this, limit, freed] { return serve(limit, freed); }))
    {
        for (const int end : {m_orders[0], m_words[1]})
            ::close(end);
    }
    ~Hoarder()
    {
        for (const int end : {m_orders[1], m_words[0]})
            ::close(end);
    }
    std::uint32_t pid() const { return m_child.pid(); }
    bool isReady() const
    {
        char word = 0;
        return ::read(m_words[0], &word, 1) == 1 && word == 'y';
    }
    bool order(char what) const { return ::write(m_orders[1], &what, 1) == 1 && isReady(); }

private:
    int serve(rlim_t limit, const std::vector<int> &freed) const
    {
        bool done = useAll(limit);
        for (const int fd : freed)
            done = done && ::close(fd) == 0;
        for (char order = 0;;) {
            const char word = done ? 'y' : 'n';
            if (::write(m_words[1], &word, 1) != 1 || ::read(m_orders[0], &order, 1) != 1)
                return 0;
            done = order == 'f' ? ::close(static_cast<int>(limit) - 1) == 0 : useAll(limit);
        }
    }
    struct Pipe {
        Pipe() { m_isOpen = ::pipe(ends) == 0; }
        int operator[](int i) const { return ends[i]; }
        int ends[2] = {-1, -1};
        bool m_isOpen = false;
    };

    Pipe m_orders, m_words;
    Child m_child;
};

std::size_t toldOf(const KernelFixture &kernel, std::uint32_t pid)
{
    const auto &all = kernel.records();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), of<wire::FileFailure>(pid)));
}

/// Two looks that began after now.
bool awaitLooks(KernelFixture &kernel)
{
    for (int i = 0; i < 2; ++i) {
        Hoarder other(64);
        if (!other.isReady() || !kernel.waitFor(of<wire::FileFailure>(other.pid())))
            return false;
    }
    return true;
}

} // namespace

void tst_DescriptorHooks::exhausted_isTold_data()
{
    QTest::addColumn<int>("limit");
    for (const int limit : {16, 63, 64, 65, 128, 1000, 1024, 4096, 4160, 16'384, 16'400})
        QTest::addRow("%d", limit) << limit;
}

void tst_DescriptorHooks::exhausted_isTold()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(int, limit);
    if (const QString why = refusal(limit); !why.isEmpty())
        QSKIP(qPrintable(why));
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"descriptors"}, looking());
    const Hoarder hoarder(static_cast<rlim_t>(limit));
    QVERIFY(hoarder.isReady());
    const auto record = kernel.waitFor(of<wire::FileFailure>(hoarder.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "descriptors");
    QCOMPARE(record->event.process.comm, "tst_descriptorh");
    const auto &detail = std::get<wire::FileFailure>(record->event.detail);
    QCOMPARE(detail.error, EMFILE);
    QCOMPARE(detail.limit, static_cast<std::uint64_t>(limit));
    QVERIFY(detail.operation.empty() && detail.path.empty());
}

void tst_DescriptorHooks::oneFree_isNotTold_data()
{
    QTest::addColumn<int>("limit");
    QTest::addColumn<int>("freed");
    QTest::newRow("the first") << 1024 << 0;
    QTest::newRow("in the first word") << 1024 << 40;
    QTest::newRow("in the middle") << 1024 << 512;
    QTest::newRow("the last") << 1024 << 1023;
    QTest::newRow("the last of a limit that is no multiple") << 1000 << 999;
    QTest::newRow("behind the first word of full blocks") << 16'384 << 16'000;
}

void tst_DescriptorHooks::oneFree_isNotTold()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(int, limit);
    QFETCH(int, freed);
    if (const QString why = refusal(limit); !why.isEmpty())
        QSKIP(qPrintable(why));
    KernelFixture kernel;
    const Hoarder hoarder(static_cast<rlim_t>(limit), {freed});
    QVERIFY(hoarder.isReady());
    TAPIO_OPEN(kernel, {"descriptors"}, looking());
    QVERIFY(awaitLooks(kernel));
    QCOMPARE(toldOf(kernel, hoarder.pid()), std::size_t(0));
}

void tst_DescriptorHooks::exhausted_isToldOnceUntilOneIsFree()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"descriptors"}, looking());
    const Hoarder hoarder(256);
    QVERIFY(hoarder.isReady());
    QVERIFY(kernel.waitFor(of<wire::FileFailure>(hoarder.pid())).has_value());
    QVERIFY(awaitLooks(kernel));
    QCOMPARE(toldOf(kernel, hoarder.pid()), std::size_t(1));
    QVERIFY(kernel.counters("descriptors")[Counter::Folded] > 0);

    QVERIFY(hoarder.order('f'));
    QVERIFY(awaitLooks(kernel));
    QVERIFY(hoarder.order('u'));
    QVERIFY(kernel.pollUntil([&] { return toldOf(kernel, hoarder.pid()) == 2; }));
    QCOMPARE(kernel.counters("descriptors").inRing(), std::int64_t(0));
}

void tst_DescriptorHooks::thoseThatAreThere_areTold()
{
    TAPIO_NEEDS_KERNEL();
    const Hoarder hoarder(64);
    QVERIFY(hoarder.isReady());
    KernelFixture kernel;
    agent::KernelOptions options;
    options.descriptorsLook = std::chrono::hours(1);
    TAPIO_OPEN(kernel, {"descriptors"}, options);
    QVERIFY(kernel.waitFor(of<wire::FileFailure>(hoarder.pid())).has_value());
}

/// A look tells 64: what a program that forks with a full table makes of it must not fill the ring.
void tst_DescriptorHooks::manyAtOnce_areToldByLaterLooks()
{
    TAPIO_NEEDS_KERNEL();
    constexpr int processes = 100;
    std::vector<std::unique_ptr<Hoarder>> hoarders;
    for (int i = 0; i < processes; ++i) {
        hoarders.push_back(std::make_unique<Hoarder>(256));
        QVERIFY(hoarders.back()->isReady());
    }
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"descriptors"}, looking());
    const auto told = [&] {
        return std::count_if(hoarders.begin(), hoarders.end(), [&](const auto &one) { return toldOf(kernel, one->pid()) == 1; });
    };
    kernel.drainAll();
    QVERIFY2(told() <= 64, qPrintable(QString::number(told())));
    QVERIFY(kernel.pollUntil([&] { return told() == processes; }));
    QCOMPARE(kernel.counters("descriptors")[Counter::Lost], std::uint64_t(0));
}

QTEST_GUILESS_MAIN(tst_DescriptorHooks)
#include "tst_descriptorhooks.moc"
