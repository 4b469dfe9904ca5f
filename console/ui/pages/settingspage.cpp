// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/settingspage.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "console/ui/pages/keyboardsettings.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelframe.h"

namespace tapio::console {

namespace {

constexpr int lineWidth = 680; ///< longer lines of text are hard to read

/// `role` is "title", "heading", "text" or "hint": restyle() gives the font.
QLabel *label(const QString &text, const char *role)
{
    auto *result = new QLabel(text);
    result->setTextFormat(Qt::PlainText);
    result->setWordWrap(true);
    result->setMaximumWidth(lineWidth);
    result->setProperty("textRole", QLatin1String(role));
    if (qstrcmp(role, "hint") == 0)
        result->setForegroundRole(QPalette::PlaceholderText);
    return result;
}

QLabel *heading(const QString &text) { return label(text, "heading"); }
QLabel *hint(const QString &text) { return label(text, "hint"); }

QLabel *selectable(const QString &text)
{
    QLabel *result = label(text, "text");
    result->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return result;
}

/// A row of radio buttons over the values of an enum.
template <typename Enum, typename Get, typename Set>
QWidget *choices(const std::vector<std::pair<Enum, QString>> &values, Get get, Set set, QObject *changes, void (ThemeStore::*changed)())
{
    auto *box = new QWidget;
    auto *row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(24);
    auto *group = new QButtonGroup(box);
    for (const auto &[value, text] : values) {
        auto *button = new QRadioButton(text);
        button->setChecked(get() == value);
        group->addButton(button, static_cast<int>(value));
        row->addWidget(button);
    }
    row->addStretch(1);
    QObject::connect(group, &QButtonGroup::idClicked, box, [set](int id) { set(static_cast<Enum>(id)); });
    QObject::connect(static_cast<ThemeStore *>(changes), changed, box,
                     [group, get] { group->button(static_cast<int>(get()))->setChecked(true); });
    return box;
}

} // namespace

SettingsPage::SettingsPage(UiContext context, DataFacts facts, QWidget *parent)
    : Page(parent), m_context(context), m_facts(std::move(facts)), m_sections(new QButtonGroup(this)), m_side(new QVBoxLayout),
      m_stack(new QStackedWidget)
{
    auto *row = new QHBoxLayout(this);
    row->addLayout(m_side);
    row->addWidget(m_stack, 1);
    addAppearance();
    addTime();
    addAlerts();
    addData();
    addKeyboard();
    addAbout();
    m_side->addStretch(1);
    connect(m_sections, &QButtonGroup::idClicked, m_stack, &QStackedWidget::setCurrentIndex);
    m_sections->button(0)->setChecked(true);
    m_tick.setInterval(2000);
    connect(&m_tick, &QTimer::timeout, this, &SettingsPage::refreshData);
    connect(&context.session, &Session::storeChanged, this, &SettingsPage::refreshData);
    connect(&context.time, &TimeDisplay::changed, this, &SettingsPage::refreshData);
    connect(&context.themes, &ThemeStore::themeChanged, this, &SettingsPage::restyle);
    restyle();
    refreshData();
}

void SettingsPage::section(const QString &key, const QString &title, QVBoxLayout *&column)
{
    auto *button = new QPushButton(title);
    button->setCheckable(true);
    button->setProperty("kind", "side");
    m_sections->addButton(button, static_cast<int>(m_keys.size()));
    m_side->addWidget(button);
    m_keys.append(key);
    auto *frame = new PanelFrame({m_context.themes, m_context.icons});
    auto *edge = new QVBoxLayout(frame);
    edge->setContentsMargins(1, 1, 1, 1);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    auto *body = new QWidget;
    body->setAutoFillBackground(false);
    column = new QVBoxLayout(body);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(10);
    column->addWidget(label(title, "title"));
    scroll->setWidget(body);
    body->setAutoFillBackground(false); // setWidget turned it on
    edge->addWidget(scroll);
    m_stack->addWidget(frame);
}

void SettingsPage::addAppearance()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("appearance"), tr("Appearance"), column);
    ThemeStore &themes = m_context.themes;
    column->addWidget(heading(tr("Theme")));
    column->addWidget(choices<ThemeChoice>(
        {{ThemeChoice::System, tr("As the desktop")}, {ThemeChoice::Dark, tr("Dark")}, {ThemeChoice::Light, tr("Light")}},
        [&themes] { return themes.choice(); }, [&themes](ThemeChoice c) { themes.setChoice(c); }, &themes, &ThemeStore::settingsChanged));
    column->addWidget(heading(tr("Density")));
    column->addWidget(choices<DensityChoice>(
        {{DensityChoice::Automatic, tr("By window size")},
         {DensityChoice::Compact, tr("Compact")},
         {DensityChoice::Comfortable, tr("Comfortable")},
         {DensityChoice::Presenter, tr("Presenter")}},
        [&themes] { return themes.densityChoice(); }, [&themes](DensityChoice c) { themes.setDensityChoice(c); }, &themes,
        &ThemeStore::settingsChanged));
    column->addWidget(heading(tr("Scale")));
    auto *row = new QHBoxLayout;
    auto *smaller = new QPushButton(tr("Smaller"));
    auto *value = new QLabel;
    auto *larger = new QPushButton(tr("Larger"));
    const auto show = [value, &themes, smaller, larger] {
        value->setText(QStringLiteral("%1\u00a0%").arg(qRound(themes.scale() * 100)));
        smaller->setEnabled(themes.scale() > ThemeStore::scaleMin + 0.01);
        larger->setEnabled(themes.scale() < ThemeStore::scaleMax - 0.01);
    };
    show();
    connect(smaller, &QPushButton::clicked, this, [&themes] { themes.setScale(themes.scale() - ThemeStore::scaleStep); });
    connect(larger, &QPushButton::clicked, this, [&themes] { themes.setScale(themes.scale() + ThemeStore::scaleStep); });
    connect(&themes, &ThemeStore::settingsChanged, this, show);
    row->addWidget(smaller);
    row->addWidget(value);
    row->addWidget(larger);
    row->addStretch(1);
    column->addLayout(row);
    auto *motion = new QCheckBox(tr("Reduce motion"));
    motion->setChecked(themes.reduceMotion());
    connect(motion, &QCheckBox::toggled, this, [&themes](bool on) { themes.setReduceMotion(on); });
    connect(&themes, &ThemeStore::settingsChanged, this, [motion, &themes] { motion->setChecked(themes.reduceMotion()); });
    column->addWidget(motion);
    column->addStretch(1);
}

void SettingsPage::addTime()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("time"), tr("Time"), column);
    column->addWidget(heading(tr("Times are shown in")));
    auto *utc = new QRadioButton(tr("UTC"));
    const QString zone = QString::fromUtf8(m_context.time.localZone().id());
    auto *local = new QRadioButton(zone.isEmpty() ? tr("Local time") : tr("Local time (%1)").arg(zone));
    utc->setChecked(m_context.time.isUtc());
    local->setChecked(!m_context.time.isUtc());
    connect(utc, &QRadioButton::toggled, this, [this](bool on) { m_context.time.setUtc(on); });
    connect(&m_context.time, &TimeDisplay::changed, this, [this, utc, local] { (m_context.time.isUtc() ? utc : local)->setChecked(true); });
    column->addWidget(utc);
    column->addWidget(local);
    column->addWidget(hint(tr("The zone stands beside every time. Exports of events and connections, and copies as JSON, are always in "
                              "UTC; a panel is exported in the zone "
                              "chosen here, which its file names.")));
    column->addStretch(1);
}

void SettingsPage::addAlerts()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("alerts"), tr("Notifications"), column);
    column->addWidget(heading(tr("Tell the desktop of new insights")));
    AlertChoice &alerts = m_context.alerts;
    auto *group = new QButtonGroup(this);
    const auto add = [&](std::optional<wire::Severity> least, const QString &text) {
        auto *button = new QRadioButton(text);
        button->setChecked(alerts.least() == least);
        group->addButton(button, least ? static_cast<int>(*least) : 0);
        column->addWidget(button);
    };
    add(std::nullopt, tr("Never"));
    add(wire::Severity::Critical, tr("Critical ones"));
    add(wire::Severity::Error, tr("Errors and critical ones"));
    add(wire::Severity::Warning, tr("All from warnings on"));
    connect(group, &QButtonGroup::idClicked, this,
            [&alerts](int id) { alerts.setLeast(id == 0 ? std::nullopt : std::optional(static_cast<wire::Severity>(id))); });
    connect(&alerts, &AlertChoice::changed, group, [group, &alerts] {
        if (QAbstractButton *button = group->button(alerts.least() ? static_cast<int>(*alerts.least()) : 0))
            button->setChecked(true);
    });
    column->addWidget(hint(
        tr("While this console runs, and by the desktop\u2019s own notification service. What opens within a second is told at once, and "
           "nothing while the page Insights is in front. Nothing leaves this machine.")));
    QLabel *problem = label({}, "text");
    const auto showProblem = [problem, &alerts] {
        problem->setText(tr("The desktop shows nothing: %1").arg(alerts.problem()));
        problem->setVisible(!alerts.problem().isEmpty());
    };
    connect(&alerts, &AlertChoice::problemChanged, problem, showProblem);
    showProblem();
    column->addWidget(problem);
    column->addStretch(1);
}

void SettingsPage::addData()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("data"), tr("Data and retention"), column);
    column->addWidget(heading(tr("Stored now")));
    m_storeFigures = selectable({});
    column->addWidget(m_storeFigures);
    column->addWidget(heading(tr("Limits")));
    column->addWidget(selectable(tr("Oldest events are deleted above %1, and after %2.")
                                     .arg(bytesText(static_cast<double>(m_facts.maxBytes)), durationText(m_facts.maxAgeNs))));
    column->addWidget(
        hint(tr("The limits are max_size and max_age of section [store] in the configuration file; a change counts from the next start.")));
    column->addWidget(heading(tr("Configuration file")));
    column->addWidget(selectable(m_facts.configFile));
    column->addWidget(heading(tr("Store file")));
    column->addWidget(selectable(m_facts.storeFile));
    column->addStretch(1);
}

void SettingsPage::addKeyboard()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("keyboard"), tr("Keyboard"), column);
    column->addWidget(hint(tr("Choose a row and press Enter to give it another key. Letters act only outside of text fields.")));
    column->addWidget(new KeyboardSettings(m_context), 1);
}

void SettingsPage::addAbout()
{
    QVBoxLayout *column = nullptr;
    section(QStringLiteral("about"), tr("About"), column);
    column->addWidget(heading(tr("Tapio %1").arg(QStringLiteral(TAPIO_VERSION))));
    column->addWidget(selectable(tr("Console and agents for incident war rooms. Free software under the GNU General Public License, "
                                    "version 3 or later; the kernel programs are "
                                    "under BSD-2-Clause or GPL-2.0.")));
    column->addWidget(selectable(tr("No account, no telemetry: Tapio opens no connection but those configured here.")));
    column->addWidget(heading(tr("Made with")));
    column->addWidget(selectable(tr("Qt %1, ZeroMQ, Cap'n Proto, OpenSSL, libbpf, SQLite, zstd, spdlog, CLI11, toml++, JSON for Modern "
                                    "C++; typefaces Inter and JetBrains Mono.")
                                     .arg(QString::fromLatin1(qVersion()))));
    column->addStretch(1);
}

void SettingsPage::refreshData()
{
    const auto stats = m_context.session.storeStats();
    const QString error = m_context.session.storeError();
    QStringList lines;
    if (!error.isEmpty())
        lines << tr("The store fails: %1").arg(error);
    if (!stats)
        lines << tr("No data: the store has not reported yet.");
    else {
        lines << tr("%1 on disk, %2 events").arg(bytesText(static_cast<double>(stats->fileBytes)), exactCount(stats->events));
        if (stats->oldestNs != 0)
            lines << tr("from %1 to %2")
                         .arg(m_context.time.textWithZone(stats->oldestNs, TimeStyle::DateSecond),
                              m_context.time.textWithZone(stats->newestNs, TimeStyle::DateSecond));
        if (stats->deletedEvents > 0)
            lines << tr("%1 events deleted by the limits since start").arg(exactCount(stats->deletedEvents));
    }
    m_storeFigures->setText(lines.join(QLatin1Char('\n')));
}

void SettingsPage::open(const QString &argument)
{
    if (const qsizetype row = m_keys.indexOf(argument); row >= 0)
        m_sections->button(static_cast<int>(row))->click();
}

void SettingsPage::showEvent(QShowEvent *)
{
    m_tick.start();
    refreshData();
}

void SettingsPage::hideEvent(QHideEvent *) { m_tick.stop(); }

void SettingsPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    layout()->setSpacing(t.px(12));
    m_side->setSpacing(t.px(2));
    for (QAbstractButton *button : m_sections->buttons())
        button->setFixedWidth(t.px(190));
    for (QLabel *each : m_stack->findChildren<QLabel *>()) {
        const QString role = each->property("textRole").toString();
        if (role == QLatin1String("title"))
            each->setFont(t.font(FontRole::Headline));
        else if (role == QLatin1String("heading"))
            each->setFont(t.font(FontRole::Body, QFont::DemiBold));
        else if (!role.isEmpty())
            each->setFont(t.font(FontRole::Body));
    }
}

} // namespace tapio::console
