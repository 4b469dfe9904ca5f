// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/fullpanelview.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/paneltablemodel.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/serieslist.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

constexpr int sideWidth = 320;
constexpr int sideFrom = 860; ///< narrower than this there is no room for it

/// The time or name first, then figures; a table of names is all text.
std::vector<ColumnStyle> columnsFor(PanelId id)
{
    using Kind = ColumnStyle::Kind;
    const bool names = id == PanelId::PodStatus || id == PanelId::Coverage || id == PanelId::ActiveCorrelations;
    std::vector<ColumnStyle> columns(PanelTableModel::maxColumns, {names ? Kind::Text : Kind::Number, Qt::ElideMiddle, 88, 360, false});
    columns[0] = {names ? Kind::Text : Kind::Mono, Qt::ElideMiddle, 120, 360, false};
    if (id == PanelId::CorrelationAccuracy) { // how each rule stands by the drills, then the bounds
        columns[0].minimum = 88;
        columns[1].minimum = 80;
        columns[2] = columns[5] = columns[6] = {Kind::Text, Qt::ElideRight, 128, 200, false};
        columns[3] = {Kind::Text, Qt::ElideMiddle, 56, 200, false, 2};
        columns[4].minimum = 56;
        columns[4].dispensable = 1;
        columns[6].minimum = 154;
        columns[7].minimum = 112;
        columns[8].minimum = 76;
        columns[9].minimum = 56;
        columns[9].dispensable = 3; // the same in each row
    }
    return columns;
}

} // namespace

FullPanelView::FullPanelView(Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent)
    : QWidget(parent), m_look(look), m_time(time), m_renderer(renderer), m_bar(new QWidget(this)), m_stack(new QStackedWidget(this)),
      m_model(new PanelTableModel(time, this)), m_truncated(new QLabel), m_seriesScroll(new QScrollArea(this)),
      m_series(new SeriesList(look)), m_computation(new ComputationView(look, time, this))
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    buildBar();
    auto *tablePage = new QWidget;
    m_tableColumn = new QVBoxLayout(tablePage);
    m_tableColumn->setContentsMargins(1, 4, 1, 4);
    m_tableColumn->addWidget(m_truncated);
    m_stack->addWidget(tablePage);
    m_seriesScroll->setWidget(m_series);
    m_seriesScroll->setWidgetResizable(true);
    m_seriesScroll->setFrameShape(QFrame::NoFrame);
    m_seriesScroll->viewport()->setAutoFillBackground(false);
    m_series->setAutoFillBackground(false);
    m_seriesScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(m_series, &SeriesList::isolated, this, [this](int series) {
        if (m_panel)
            m_panel->setIsolated(series);
    });
    connect(m_computation, &ComputationView::copied, this, &FullPanelView::copied);
    connect(&look.themes, &ThemeStore::themeChanged, this, &FullPanelView::restyle);
    restyle();
}

QPushButton *FullPanelView::addButton(const QString &icon, const QString &text, const QString &description)
{
    auto *button = new QPushButton(text, m_bar);
    button->setProperty("iconName", icon);
    button->setToolTip(description);
    button->setAccessibleDescription(description);
    m_bar->layout()->addWidget(button);
    return button;
}

void FullPanelView::buildBar()
{
    auto *row = new QHBoxLayout(m_bar);
    row->setContentsMargins(0, 0, 0, 0);
    connect(addButton(QStringLiteral("chevron-left"), tr("Overview"), tr("Back to all panels (Esc)")), &QPushButton::clicked, this,
            &FullPanelView::closeRequested);
    row->addStretch();
    m_tableButton = addButton(QStringLiteral("table"), tr("Table"), tr("Show the figures as a table (T)"));
    m_tableButton->setCheckable(true);
    connect(m_tableButton, &QPushButton::clicked, this, &FullPanelView::setTableShown);
    connect(addButton(QStringLiteral("copy"), tr("Copy value"), tr("Copy the value with its unit and time (C)")), &QPushButton::clicked,
            this, &FullPanelView::copyRequested);
    QPushButton *save = addButton(QStringLiteral("export"), tr("Export"), tr("Save as an image or as data"));
    auto *menu = new QMenu(save);
    menu->addAction(tr("Image (PNG)\u2026"), this, [this] { emit exportRequested(PanelFormat::Png); });
    menu->addAction(tr("Drawing (SVG)\u2026"), this, [this] { emit exportRequested(PanelFormat::Svg); });
    menu->addAction(tr("Data (CSV)\u2026"), this, [this] { emit exportRequested(PanelFormat::Csv); });
    save->setMenu(menu);
}

void FullPanelView::restyle()
{
    const Theme &theme = m_look.theme();
    for (QPushButton *button : m_bar->findChildren<QPushButton *>()) {
        button->setIcon(m_look.icons.icon(button->property("iconName").toString(), theme.px(16), theme.text.secondary));
        button->setFont(theme.font(FontRole::Body, QFont::Medium));
    }
    m_truncated->setFont(theme.font(FontRole::Label));
    place();
}

void FullPanelView::open(PanelId id, std::shared_ptr<const PanelSnapshot> snapshot)
{
    if (!m_panel || m_panel->id() != id) {
        delete m_panel;
        m_panel = new PanelWidget(id, PanelWidget::Style::FullScreen, m_look, m_time, m_renderer);
        m_stack->insertWidget(0, m_panel);
        makeTable();
        emit panelMade(m_panel);
    }
    setTableShown(false);
    m_snapshot.reset();
    setSnapshot(std::move(snapshot));
    place();
}

void FullPanelView::makeTable()
{
    delete m_table;
    m_table = new TableView(m_look, columnsFor(m_panel->id()));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setAccessibleName(tr("Table of this panel"));
    m_table->setModel(m_model);
    m_tableColumn->insertWidget(0, m_table, 1);
}

void FullPanelView::setSnapshot(std::shared_ptr<const PanelSnapshot> snapshot)
{
    if (!m_panel || snapshot == m_snapshot)
        return;
    m_snapshot = std::move(snapshot);
    refresh();
}

void FullPanelView::refresh()
{
    m_panel->setSnapshot(m_snapshot);
    const std::shared_ptr<const PanelSnapshot> shown = m_panel->shown();
    m_computation->setPanel(m_snapshot);
    const bool plot = m_panel->plotVisible();
    if (plot)
        m_series->setPanel(*shown, m_panel->plot().looks());
    const bool hadSeries = !m_seriesScroll->isHidden();
    m_seriesScroll->setVisible(plot && !shown->series.empty());
    if (hadSeries == m_seriesScroll->isHidden())
        place();
    if (isTableShown() || m_model->rowCount() == 0)
        m_model->setPanel(shown);
    m_truncated->setVisible(m_model->truncatedRows() > 0);
    m_truncated->setText(tr("%1 older rows are not shown here; the CSV export has them all").arg(m_model->truncatedRows()));
}

void FullPanelView::setTableShown(bool shown)
{
    m_stack->setCurrentIndex(shown ? m_stack->count() - 1 : 0);
    m_tableButton->setChecked(shown);
    update();
    if (!shown || !m_snapshot)
        return;
    m_model->setPanel(m_panel->shown());
    m_table->fitColumns();
    m_table->setFocus(Qt::OtherFocusReason);
}

bool FullPanelView::isTableShown() const { return m_stack->currentIndex() == m_stack->count() - 1 && m_stack->count() > 1; }

void FullPanelView::place()
{
    const Theme &theme = m_look.theme();
    const int margin = theme.px(12);
    const int bar = theme.px(32);
    const bool side = width() >= sideFrom;
    const QRect body = rect().adjusted(margin, margin + bar + theme.px(8), -margin, -margin);
    const int wide = side ? theme.px(sideWidth) + theme.px(8) : 0;
    m_bar->setGeometry(margin, margin, width() - 2 * margin, bar);
    m_stack->setGeometry(body.adjusted(0, 0, -wide, 0));
    m_computation->setVisible(side);
    if (m_panel)
        m_panel->setLegendShown(!side);
    m_side = side ? QRect(body.right() - theme.px(sideWidth) + 1, body.top(), theme.px(sideWidth), body.height()) : QRect();
    QRect right = m_side.adjusted(1, theme.px(6), -1, -theme.px(6));
    if (side && !m_seriesScroll->isHidden()) {
        const int height = std::min(m_series->height() + theme.px(2), body.height() * 2 / 5);
        m_seriesScroll->setGeometry(right.left(), right.top(), right.width(), height);
        right.setTop(right.top() + height + theme.px(8));
    } else if (!side) {
        m_seriesScroll->setGeometry(0, 0, 0, 0);
    }
    m_computation->setGeometry(right);
}

void FullPanelView::resizeEvent(QResizeEvent *) { place(); }

void FullPanelView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme &theme = m_look.theme();
    painter.fillRect(rect(), theme.surface.app);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.border.subtle, 1));
    painter.setBrush(theme.surface.panel);
    for (const QRect &card : {m_side, isTableShown() ? m_stack->geometry() : QRect()})
        if (!card.isEmpty())
            painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(6), theme.px(6));
}

} // namespace tapio::console
