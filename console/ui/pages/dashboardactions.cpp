// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with a dashboard and with one of its panels.
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>

#include "console/ui/charts/plotview.h"
#include "console/ui/models/explorequestion.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/dashboardgrid.h"
#include "console/ui/widgets/plotgroup.h"
#include "console/ui/widgets/querypanel.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

/// What a file may be called: as titles are, without what a shell or another system would stumble over.
QString fileNameOf(const QString &title)
{
    QString name;
    for (const QChar c : title.toLower())
        name += c.isLetterOrNumber() ? c : QLatin1Char('-');
    while (name.contains(QLatin1String("--")))
        name.replace(QLatin1String("--"), QLatin1String("-"));
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    return name.isEmpty() ? QStringLiteral("dashboard") : name.left(80);
}

} // namespace

void DashboardsPage::connectFiles()
{
    connect(&m_files, &DashboardFiles::shelfRead, this, &DashboardsPage::takeShelf);
    connect(&m_files, &DashboardFiles::kept, this, [this](const QString &name, const QString &file, const QStringList &left) {
        m_context.session.recordAction(QStringLiteral("dashboard"), name);
        m_name = name; // read next
        m_context.shell.notify(
            left.isEmpty()
                ? tr("The dashboard is in %1").arg(file)
                : tr("The dashboard is in %1; %n thing(s) could not be carried over", nullptr, static_cast<int>(left.size())).arg(file));
        if (!left.isEmpty())
            m_context.shell.showInDrawer(DrawerTab::Inspector, tr("Not carried over"), makeList(left));
    });
    connect(&m_files, &DashboardFiles::exported, this, [this](const QString &file, const QStringList &left) {
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
        m_context.shell.notify(tr("The dashboard is written to %1").arg(file));
        if (!left.isEmpty())
            m_context.shell.showInDrawer(DrawerTab::Inspector, tr("Not carried over"), makeList(left));
    });
    connect(&m_files, &DashboardFiles::failed, this, [this](const QString &what) { m_context.shell.notify(what); });
    connect(&m_exporter, &QueryExporter::finished, this, [this](const QString &file) {
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
        m_context.shell.notify(tr("The values are written to %1").arg(file));
    });
    connect(&m_exporter, &QueryExporter::failed, this, [this](const QString &file, const QString &reason) {
        m_context.shell.notify(tr("Export to %1 failed: %2").arg(file, reason));
    });
}

QWidget *DashboardsPage::makeList(const QStringList &lines) const
{
    auto *list = new QLabel(lines.join(QStringLiteral("\n\n")));
    list->setTextFormat(Qt::PlainText);
    list->setWordWrap(true);
    list->setTextInteractionFlags(Qt::TextSelectableByMouse);
    list->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    const int edge = m_context.themes.theme().px(12);
    list->setContentsMargins(edge, edge, edge, edge);
    return list;
}

void DashboardsPage::addActions()
{
    const auto add = [this](const char *id, const QString &text, const char *key, std::function<void()> run, std::function<bool()> when) {
        m_context.actions.add(
            {QLatin1String(id), text, ActionGroup::List, {QKeySequence(QLatin1String(key))}, std::move(run), std::move(when), this});
    };
    const auto isOnPanel = [this] { return focusedPanel() != nullptr; };
    const auto isOnPlot = [this] { return focusedPanel() && focusedPanel()->plot(); };
    add("dashboards.refresh", tr("Ask again"), "R", [this] { refresh(); }, {});
    add(
        "dashboards.table", tr("Panel as a table, or as it was"), "T",
        [this] { focusedPanel()->setTableShown(!focusedPanel()->isTableShown()); }, isOnPanel);
    add(
        "dashboards.explore", tr("Explore the panel\u2019s query"), "X", [this] { explore(*focusedPanel()); }, isOnPanel);
    add(
        "dashboards.export", tr("Export the panel\u2019s values\u2026"), "E", [this] { exportValues(*focusedPanel()); }, isOnPanel);
    add(
        "dashboards.earlier", tr("Crosshair one step back"), ",", [this] { m_group->step(focusedPanel()->plot(), -1); }, isOnPlot);
    add(
        "dashboards.later", tr("Crosshair one step forward"), ".", [this] { m_group->step(focusedPanel()->plot(), 1); }, isOnPlot);
}

/// The one that has the keyboard, itself or something in it.
QueryPanel *DashboardsPage::focusedPanel() const
{
    for (QWidget *at = QApplication::focusWidget(); at && at != m_grid; at = at->parentWidget())
        if (auto *of = qobject_cast<QueryPanel *>(at))
            return m_grid->isAncestorOf(of) ? of : nullptr;
    return nullptr;
}

std::optional<std::size_t> DashboardsPage::indexOf(const QueryPanel *of) const
{
    for (std::size_t i = 0; i < m_grid->panels().size(); ++i)
        if (m_grid->panels()[i] == of)
            return i;
    return std::nullopt;
}

QueryTarget DashboardsPage::targetOf(std::size_t index) const
{
    const QString name = m_feed.targetOf(index);
    for (const QueryTarget &one : m_context.session.queryTargets())
        if (one.name == name)
            return one;
    return {name, name};
}

void DashboardsPage::openPanelMenu(QueryPanel &of, const QPoint &at)
{
    const auto index = indexOf(&of);
    if (!index || of.panel().queries.empty())
        return;
    const DashboardFeed::Shown &shown = m_feed.shown(*index);
    QMenu menu(this);
    const QPointer<QueryPanel> self(&of); // the page may be another one before somebody chooses
    const auto add = [&](const QString &text, const std::function<void(QueryPanel &)> &run) {
        return menu.addAction(text, this, [self, run] {
            if (self)
                run(*self);
        });
    };
    add(of.isTableShown() ? tr("As it was") : tr("As a table"), [](QueryPanel &it) {
        it.setTableShown(!it.isTableShown());
    })->setEnabled(of.panel().kind != PanelKind::Table);
    add(tr("Explore its query"), [this](QueryPanel &it) { explore(it); })->setEnabled(!shown.questions.empty());
    menu.addSeparator();
    const QueryTarget target = targetOf(*index);
    for (std::size_t i = 0; i < shown.questions.size(); ++i) {
        const Question question = shown.questions[i];
        menu.addAction(shown.questions.size() == 1 ? tr("Copy its query") : tr("Copy query %1").arg(i + 1), this,
                       [this, question] { copyText(QString::fromStdString(question.expression), tr("The query is copied")); });
        menu.addAction(shown.questions.size() == 1 ? tr("Copy it as a command") : tr("Copy query %1 as a command").arg(i + 1), this,
                       [this, question, target] { copyText(questionAsCommand(question, target), tr("The command is copied")); });
    }
    menu.addSeparator();
    add(tr("Export its values\u2026"), [this](QueryPanel &it) { exportValues(it); })->setEnabled(!shown.answers.empty());
    add(tr("Export its picture\u2026"), [this](QueryPanel &it) { exportPicture(it); });
    menu.exec(at);
}

/// With its variables filled in, as it was asked last.
void DashboardsPage::explore(const QueryPanel &of)
{
    const auto index = indexOf(&of);
    if (!index || m_feed.shown(*index).questions.empty())
        return;
    const QString query = QString::fromStdString(m_feed.shown(*index).questions.front().expression);
    const QString source = m_feed.targetOf(*index);
    m_context.shell.openPage(PageId::Explore,
                             (source.isEmpty() ? QString() : QStringLiteral("source=%1&").arg(source)) + QStringLiteral("query=") + query);
}

void DashboardsPage::exportValues(const QueryPanel &of)
{
    const auto index = indexOf(&of);
    const auto answers = index ? m_feed.shown(*index).answers
                               : std::vector<std::shared_ptr<const AnsweredQuery>>(); // as they are now: a dialog takes a while
    if (answers.empty())
        return;
    const QString name = fileNameOf(QString::fromStdString(of.panel().title));
    const QString file = QFileDialog::getSaveFileName(window(), tr("Export the panel\u2019s values"), name + QStringLiteral(".csv"),
                                                      tr("All values (*.csv);;As Prometheus answers (*.json)"));
    if (file.isEmpty())
        return;
    m_exporter.start(answers, file);
}

void DashboardsPage::exportPicture(QueryPanel &of)
{
    const QImage picture = of.grab().toImage(); // as it is now: a dialog takes a while
    const QString name = fileNameOf(QString::fromStdString(of.panel().title));
    const QString file =
        QFileDialog::getSaveFileName(window(), tr("Export the panel\u2019s picture"), name + QStringLiteral(".png"), tr("Picture (*.png)"));
    if (file.isEmpty())
        return;
    if (picture.save(file, "PNG")) {
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
        m_context.shell.notify(tr("The picture is written to %1").arg(file));
    } else {
        m_context.shell.notify(tr("The picture cannot be written to %1").arg(file));
    }
}

void DashboardsPage::openFileMenu()
{
    QMenu menu(this);
    menu.addAction(tr("Keep a copy of one\u2019s own\u2026"), this, &DashboardsPage::askCopy)->setEnabled(!m_name.isEmpty());
    menu.addAction(tr("Import from Grafana\u2026"), this, &DashboardsPage::askImport);
    menu.addAction(tr("Export for Grafana\u2026"), this, &DashboardsPage::askExport)->setEnabled(!m_name.isEmpty());
    menu.addSeparator();
    menu.addAction(tr("Read the files again"), &m_files, &DashboardFiles::read);
    const QString folder = QString::fromStdString(m_files.folder().string());
    menu.addAction(tr("Copy the path of the folder"), this, [this, folder] { copyText(folder, tr("The path is copied")); });
    menu.exec(m_menu->mapToGlobal(m_menu->rect().bottomLeft()));
}

void DashboardsPage::askCopy()
{
    bool isChosen = false;
    const QString name = QInputDialog::getText(window(), tr("Keep a copy of one\u2019s own"), tr("Name of the file, without .toml:"),
                                               QLineEdit::Normal, m_name + QStringLiteral("-copy"), &isChosen);
    if (!isChosen || name.trimmed().isEmpty())
        return;
    Dashboard copy = m_feed.dashboard();
    copy.title = tr("%1 (copy)").arg(QString::fromStdString(copy.title)).toStdString();
    m_files.keep(copy, fileNameOf(name));
}

void DashboardsPage::askImport()
{
    const QString file =
        QFileDialog::getOpenFileName(window(), tr("Import a dashboard of Grafana"), {}, tr("Dashboards of Grafana (*.json)"));
    if (file.isEmpty())
        return;
    QStringList names;
    for (const QueryTarget &target : m_context.session.queryTargets())
        names << (target.name.isEmpty() ? tr("This console\u2019s store") : target.name);
    bool isChosen = names.size() == 1;
    int chosen = 0;
    if (!isChosen)
        chosen = static_cast<int>(names.indexOf(QInputDialog::getItem(window(), tr("Import a dashboard of Grafana"),
                                                                      tr("Whom its queries are asked of:"), names, 0, false, &isChosen)));
    if (isChosen)
        m_files.importGrafana(file, fileNameOf(QFileInfo(file).completeBaseName()), chosen <= 0 ? QString() : names[chosen]);
}

void DashboardsPage::askExport()
{
    const QString file = QFileDialog::getSaveFileName(window(), tr("Export for Grafana"), m_name + QStringLiteral(".json"),
                                                      tr("Dashboards of Grafana (*.json)"));
    if (!file.isEmpty())
        m_files.exportGrafana(m_feed.dashboard(), file);
}

void DashboardsPage::copyText(const QString &text, const QString &said)
{
    QGuiApplication::clipboard()->setText(text);
    m_context.shell.notify(said);
}

} // namespace tapio::console
