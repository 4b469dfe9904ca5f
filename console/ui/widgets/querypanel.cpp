// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/querypanel.h"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QHelpEvent>
#include <QLabel>
#include <QPainter>
#include <QStackedWidget>
#include <QToolTip>

#include <algorithm>

#include "console/core/dashboards/panelplot.h"
#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/chip.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelbutton.h"
#include "console/ui/widgets/panelvalues.h"
#include "console/ui/widgets/plotlegend.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

constexpr int headHeight = 32, legendHeight = 24;
constexpr std::size_t twoPassesUpTo = 20; ///< series, as in QueryPlotView

std::vector<ColumnStyle> columns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> all(QuerySeriesModel::ColumnCount, {Kind::Number, Qt::ElideRight, 60, 160, false});
    all[QuerySeriesModel::Series] = {Kind::Text, Qt::ElideMiddle, 100, 900, true};
    all[QuerySeriesModel::Samples].dispensable = 4;
    all[QuerySeriesModel::Average].dispensable = 3;
    all[QuerySeriesModel::Least].dispensable = 2;
    all[QuerySeriesModel::Largest].dispensable = 1;
    return all;
}

bool isOfValues(PanelKind kind) { return kind == PanelKind::Stat || kind == PanelKind::Gauge; }
bool drawsPlot(PanelKind kind) { return !isOfValues(kind) && kind != PanelKind::Table && kind != PanelKind::Text; }

} // namespace

QueryPanel::QueryPanel(DashboardPanel panel, Look look, PlotRenderer &renderer, QWidget *parent)
    : QWidget(parent), m_panel(std::move(panel)), m_look(look),
      m_menu(new PanelButton(look, QStringLiteral("more"), tr("Menu of this panel"), this)), m_body(new QStackedWidget(this)),
      m_table(new TableView(look, columns())), m_text(new QLabel)
{
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    make(renderer);
    m_rows.setSourceModel(&m_model);
    m_rows.setSortRole(cell::sortRole);
    m_table->setModel(&m_rows);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder); // as answered
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setAlignment(m_panel.kind == PanelKind::Text ? Qt::AlignLeft | Qt::AlignTop : Qt::AlignCenter);
    m_body->addWidget(m_table);
    m_body->addWidget(m_text);
    m_menu->hide();
    connect(m_menu, &QAbstractButton::clicked, this, [this] { emit menuRequested(m_menu->mapToGlobal(m_menu->rect().bottomLeft())); });
    connect(&look.themes, &ThemeStore::themeChanged, this, &QueryPanel::restyle);
    restyle();
    refresh();
}

void QueryPanel::make(PlotRenderer &renderer)
{
    if (drawsPlot(m_panel.kind)) {
        m_plot = new PlotView(&renderer);
        m_legend = new PlotLegend(m_look, this);
        m_body->addWidget(m_plot);
        connect(m_legend, &PlotLegend::isolated, m_plot, &PlotView::setIsolated);
    }
    if (isOfValues(m_panel.kind)) {
        m_values = new PanelValues(m_look);
        m_body->addWidget(m_values);
    }
}

void QueryPanel::restyle()
{
    const Theme &t = m_look.theme();
    if (m_plot) {
        m_plot->setTheme(std::make_shared<const Theme>(t));
        if (m_shown.plot)
            m_legend->setPanel(*m_shown.plot, m_plot->looks());
    }
    m_text->setFont(t.font(FontRole::Body));
    QPalette palette = m_text->palette();
    palette.setColor(QPalette::WindowText, m_panel.kind == PanelKind::Text ? t.text.primary : t.text.tertiary);
    m_text->setPalette(palette);
    place();
    refresh();
}

int QueryPanel::plotPixels() const
{
    const int gutters = m_look.theme().px(60);
    return std::max(0, width() - (isOfPlot() ? gutters : 0));
}

bool QueryPanel::hasNothing(const DashboardFeed::Shown &shown) const
{
    if (m_panel.kind == PanelKind::Heatmap)
        return !shown.plot || !std::holds_alternative<HeatView>(shown.plot->view) || std::get<HeatView>(shown.plot->view).columns.empty();
    if (m_panel.kind == PanelKind::Stat)
        return valuesAt(shown.rows, shown.endMs, shown.stepMs).empty();
    return shown.rows.empty();
}

QString QueryPanel::message() const
{
    if (m_panel.kind == PanelKind::Text)
        return {};
    if (!m_shown.plot)
        return m_shown.problem.isEmpty() ? (m_shown.isAsked ? tr("Waiting for the answer\u2026") : QString()) : m_shown.problem;
    if (!hasNothing(m_shown))
        return {};
    return m_panel.kind == PanelKind::Stat || !isOverRange(m_panel.kind) ? tr("No data: no series answers this at the end of the range")
                                                                         : tr("No data: no series answers this in the range");
}

void QueryPanel::setShown(const DashboardFeed::Shown &shown, const QString &source)
{
    const bool isNewer = shown.plot != m_shown.plot;
    m_shown = shown;
    m_source = source;
    if (isNewer && shown.plot) {
        m_model.setRows(isOfValues(m_panel.kind) && isOverRange(m_panel.kind) ? valuesAt(shown.rows, shown.endMs, shown.stepMs)
                                                                              : shown.rows,
                        isOverRange(m_panel.kind), m_panel.unit.unit);
        if (!m_hasColumns)
            m_table->fitColumns();
        m_hasColumns = true;
        if (m_plot) {
            m_plot->setPasses(shown.plot->series.size() <= twoPassesUpTo ? 2 : 1);
            m_plot->setPanel(shown.plot);
            m_legend->setPanel(*shown.plot, m_plot->looks());
        }
        if (m_values)
            m_values->setValues(m_panel, m_panel.kind == PanelKind::Stat ? valuesAt(shown.rows, shown.endMs, shown.stepMs) : shown.rows,
                                shown.plot);
    }
    refresh();
}

void QueryPanel::setTableShown(bool isShown)
{
    m_isTable = isShown;
    place();
    refresh();
}

/// What stands in the body, what the chip says, and what a screen reader says.
void QueryPanel::refresh()
{
    const Theme &t = m_look.theme();
    const QString said = m_panel.kind == PanelKind::Text ? QString::fromStdString(m_panel.text) : message();
    QWidget *front = m_table;
    if (!said.isEmpty() || m_panel.kind == PanelKind::Text || !m_shown.plot)
        front = m_text;
    else if (!m_isTable && m_plot)
        front = m_plot;
    else if (!m_isTable && m_values)
        front = m_values;
    if (m_text->text() != said) // a selection stays
        m_text->setText(said);
    m_body->setCurrentWidget(front);
    if (m_legend)
        m_legend->setVisible(front == m_plot);
    m_chip.clear();
    if (!m_shown.problem.isEmpty() && m_shown.plot) {
        m_chip = tr("earlier answer");
        m_chipReason = tr("The newest question has no answer: %1").arg(m_shown.problem);
        m_chipColor = t.meaning.p1;
    } else if (!m_shown.problem.isEmpty()) {
        m_chip = tr("failed");
        m_chipReason = m_shown.problem;
        m_chipColor = t.meaning.p1;
    } else if (!m_shown.warning.isEmpty()) {
        m_chip = tr("incomplete");
        m_chipReason = m_shown.warning;
        m_chipColor = t.meaning.pending;
    } else if (!m_source.isEmpty()) {
        m_chip = m_source;
        m_chipReason = tr("Asked of the source %1").arg(m_source);
        m_chipColor = t.meaning.muted;
    }
    const QString title = QString::fromStdString(m_panel.title);
    setAccessibleName(said.isEmpty() ? tr("%1, %2 series").arg(title).arg(m_shown.rows.size()) : title + QStringLiteral(": ") + said);
    update();
}

void QueryPanel::place()
{
    const Theme &t = m_look.theme();
    const bool hasHead = !m_panel.title.empty();
    const int head = hasHead ? t.px(headHeight) : t.px(4);
    const int side = t.px(20), edge = t.px(12);
    m_menu->setGeometry(width() - side - t.px(8), (t.px(headHeight) - side) / 2, side, side);
    const bool isWide = isOfPlot() && !m_isTable; // a plot has gutters of its own
    const int legend = m_legend && height() > t.px(130) ? t.px(legendHeight) : 0;
    const int left = isWide || m_isTable || m_panel.kind == PanelKind::Table ? 1 : edge;
    m_body->setGeometry(left, head, std::max(0, width() - 2 * left),
                        std::max(0, height() - head - (isWide ? legend : 0) - (left == 1 ? 2 : t.px(8))));
    if (m_legend)
        m_legend->setGeometry(edge, height() - legend - 2, std::max(0, width() - 2 * edge), legend);
    update();
}

QRectF QueryPanel::chipArea() const
{
    const Theme &t = m_look.theme();
    const QSizeF size = chipSize({m_chip, m_chipColor}, t);
    const double right = m_menu->isHidden() ? width() - t.px(12) : m_menu->x() - t.px(4);
    return {right - size.width(), (t.px(headHeight) - size.height()) / 2, size.width(), size.height()};
}

void QueryPanel::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.app);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(hasFocus() ? t.accent.base : m_isHovered ? t.border.strong : t.border.subtle, 1));
    painter.setBrush(t.surface.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), t.px(6), t.px(6));
    if (m_shown.isAsked && m_shown.plot == nullptr)
        painter.fillRect(QRectF(t.px(6), 0, width() - t.px(12), 2), t.accent.base);
    if (m_panel.title.empty())
        return;
    double right = width() - t.px(12);
    if (!m_menu->isHidden())
        right = m_menu->x() - t.px(4);
    if (!m_chip.isEmpty()) {
        const QRectF area = chipArea();
        drawChip(painter, {area.left(), t.px(headHeight) / 2.}, {m_chip, m_chipColor}, t);
        right = area.left() - t.px(8);
    }
    painter.setFont(t.font(FontRole::PanelTitle));
    painter.setPen(t.text.secondary);
    QRectF area(t.px(12), 0, std::max(0., right - t.px(12)), t.px(headHeight));
    const QFontMetricsF metrics(painter.font());
    const QString title = metrics.elidedText(QString::fromStdString(m_panel.title), Qt::ElideRight, area.width());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, title);
    area.setLeft(area.left() + metrics.horizontalAdvance(title) + t.px(8));
    painter.setFont(t.font(FontRole::Label));
    painter.setPen(t.text.tertiary);
    const QString unit = axisUnit();
    if (QFontMetricsF(painter.font()).horizontalAdvance(unit) <= area.width())
        painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, unit);
}

bool QueryPanel::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    QString text;
    if (!m_chip.isEmpty() && chipArea().contains(help->pos()))
        text = m_chipReason;
    else if (help->pos().y() < m_look.theme().px(headHeight))
        text = QString::fromStdString(m_panel.description.empty() ? m_panel.title : m_panel.title + "\n\n" + m_panel.description);
    QToolTip::showText(help->globalPos(),
                       text.isEmpty()
                           ? QString()
                           : QStringLiteral("<p>%1</p>").arg(text.toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>"))),
                       this);
    return true;
}

/// What the numbers of its axis are of, where these do not say it.
QString QueryPanel::axisUnit() const
{
    const Unit unit = m_panel.unit.unit;
    const bool isOnAxis = unit == Unit::Nanoseconds || unit == Unit::Percent || unit == Unit::Count;
    return !isOfPlot() || isOnAxis ? QString() : exactQuantity(0, unit).unit;
}

void QueryPanel::updateButton()
{
    m_menu->setVisible(m_panel.kind != PanelKind::Text && (m_isHovered || hasFocus() || m_menu->hasFocus()));
    update();
}

void QueryPanel::resizeEvent(QResizeEvent *) { place(); }

void QueryPanel::enterEvent(QEnterEvent *)
{
    m_isHovered = true;
    updateButton();
}

void QueryPanel::leaveEvent(QEvent *)
{
    m_isHovered = false;
    updateButton();
}

void QueryPanel::focusInEvent(QFocusEvent *) { updateButton(); }

void QueryPanel::focusOutEvent(QFocusEvent *) { updateButton(); }

void QueryPanel::contextMenuEvent(QContextMenuEvent *event) { emit menuRequested(event->globalPos()); }

} // namespace tapio::console
