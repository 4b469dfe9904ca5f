// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/computationview.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

#include "console/ui/widgets/paneltext.h"

namespace tapio::console {

namespace {

constexpr std::size_t maxSources = 12;

} // namespace

QString ComputationText::plain() const
{
    QStringList lines{title, formula};
    for (const Rows *rows : {&inputs, &beside, &measured})
        for (const auto &[name, value] : *rows)
            lines << name + QStringLiteral(": ") + QString(value).replace(QLatin1Char('\n'), QStringLiteral(", "));
    return lines.join(QLatin1Char('\n')).replace(QChar(0x00A0), QLatin1Char(' '));
}

/// Outside of the unnamed namespace, where lupdate would not know the class.
static QString sourcesText(const Computation &computation)
{
    const auto &sources = computation.sources;
    QStringList lines;
    for (std::size_t i = 0; i < std::min(sources.size(), maxSources); ++i)
        lines << QString::fromStdString(sources[i]);
    if (sources.size() > maxSources)
        lines << ComputationView::tr("+ %1 more").arg(sources.size() - maxSources);
    return lines.join(QLatin1Char('\n'));
}

ComputationText computationText(const PanelSnapshot &panel, const TimeDisplay &time)
{
    ComputationText text{PanelText::title(panel.id), PanelText::formula(panel), {}, {}, {}};
    const Computation &computation = panel.computation;
    if (panel.value)
        text.inputs.emplace_back(ComputationView::tr("Result"), exactQuantity(panel.value->value, panel.value->unit).text());
    for (const Fact &input : computation.inputs)
        text.inputs.emplace_back(PanelText::factName(input), exactQuantity(input.value, input.unit).text());
    for (const Fact &fact : panel.facts)
        text.beside.emplace_back(PanelText::factName(fact), quantity(fact.value, fact.unit).text());
    if (computation.windowNs > 0)
        text.measured.emplace_back(ComputationView::tr("Window"), durationText(computation.windowNs));
    text.measured.emplace_back(ComputationView::tr("Samples (n)"), exactCount(computation.n));
    if (computation.completeness)
        text.measured.emplace_back(ComputationView::tr("Completeness"), quantity(*computation.completeness, Unit::Percent).text());
    for (const Threshold &threshold : panel.thresholds) {
        const auto check = std::ranges::find_if(panel.checks, [&threshold](const ThresholdCheck &each) {
            return each.threshold.kind == threshold.kind && each.threshold.value == threshold.value;
        });
        const QString state = check == panel.checks.end() ? QString() : QStringLiteral(": ") + PanelText::check(*check);
        text.measured.emplace_back(ComputationView::tr("Bound"), PanelText::thresholdSentence(threshold) + state);
    }
    for (const Breach &breach : panel.breaches)
        text.measured.emplace_back(ComputationView::tr("Past its bound"), PanelText::breach(breach));
    for (const Breach &breach : panel.pending)
        text.measured.emplace_back(ComputationView::tr("Pending"), PanelText::pending(breach));
    if (panel.asOfNs > 0)
        text.measured.emplace_back(ComputationView::tr("Newest reading"), time.textWithZone(panel.asOfNs, TimeStyle::DateSecond));
    if (!computation.sources.empty())
        text.measured.emplace_back(ComputationView::tr("Sources"), sourcesText(computation));
    return text;
}

ComputationView::ComputationView(Look look, const TimeDisplay &time, QWidget *parent) : QScrollArea(parent), m_look(look), m_time(time)
{
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("How this is computed"));
    viewport()->setAutoFillBackground(false);
    connect(&look.themes, &ThemeStore::themeChanged, this, &ComputationView::rebuild);
    connect(&time, &TimeDisplay::changed, this, [this] {
        if (m_panel)
            setPanel(m_panel);
    });
}

void ComputationView::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    m_panel = std::move(panel);
    const ComputationText next = computationText(*m_panel, m_time);
    const bool sameRows = widget() && next.title == m_text.title && next.inputs.size() == m_text.inputs.size()
                          && next.beside.size() == m_text.beside.size() && next.measured.size() == m_text.measured.size();
    m_text = next;
    if (!sameRows) {
        rebuild();
        return;
    }
    // Only the values, so that a selection and the scroll position survive.
    std::size_t i = 0;
    for (const ComputationText::Rows *rows : {&m_text.inputs, &m_text.beside, &m_text.measured})
        for (const auto &[name, value] : *rows)
            if (auto *label = widget()->findChild<QLabel *>(QStringLiteral("value%1").arg(i++)); label && label->text() != value)
                label->setText(value);
}

void ComputationView::rebuild()
{
    if (!m_panel)
        return;
    const Theme &theme = m_look.theme();
    auto *content = new QWidget;
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(theme.px(12), theme.px(12), theme.px(12), theme.px(12));
    column->setSpacing(theme.px(8));
    const auto label = [&](const QString &text, const QFont &font, const QColor &color) {
        auto *made = new QLabel(text);
        made->setTextFormat(Qt::PlainText);
        made->setWordWrap(true);
        made->setFont(font);
        made->setTextInteractionFlags(Qt::TextSelectableByMouse);
        QPalette palette = made->palette();
        palette.setColor(QPalette::WindowText, color);
        made->setPalette(palette);
        return made;
    };
    column->addWidget(label(m_text.formula, theme.font(FontRole::Body), theme.text.primary));
    std::size_t number = 0;
    const auto table = [&](const QString &heading, const ComputationText::Rows &rows) {
        if (rows.empty())
            return;
        column->addSpacing(theme.px(4));
        column->addWidget(label(heading, theme.font(FontRole::Label, QFont::DemiBold), theme.text.tertiary));
        auto *grid = new QGridLayout;
        grid->setHorizontalSpacing(theme.px(12));
        grid->setVerticalSpacing(theme.px(4));
        grid->setColumnStretch(0, 1);
        for (const auto &[name, value] : rows) {
            const int row = grid->rowCount();
            grid->addWidget(label(name, theme.font(FontRole::Label), theme.text.secondary), row, 0, Qt::AlignTop);
            QLabel *figure = label(value, theme.font(FontRole::Label, QFont::DemiBold), theme.text.primary);
            figure->setObjectName(QStringLiteral("value%1").arg(number++));
            figure->setAlignment(Qt::AlignRight | Qt::AlignTop);
            grid->addWidget(figure, row, 1);
        }
        column->addLayout(grid);
    };
    table(tr("Just now"), m_text.inputs);
    table(tr("Beside it"), m_text.beside);
    table(tr("Measured"), m_text.measured);
    column->addSpacing(theme.px(8));
    auto *copy = new QPushButton(m_look.icons.icon(QStringLiteral("copy"), theme.px(16), theme.text.primary), tr("Copy"));
    copy->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(copy, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(m_text.plain());
        emit copied(m_text.title);
    });
    column->addWidget(copy);
    column->addStretch();
    setWidget(content);
    content->setAutoFillBackground(false); // QScrollArea turns it on
}

} // namespace tapio::console
