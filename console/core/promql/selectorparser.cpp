// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/selectorparser.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tapio::promql {

namespace {

tl::unexpected<QueryError> refuse(Span at, std::string text) { return tl::unexpected<QueryError>(QueryError{at, std::move(text), false}); }
tl::unexpected<QueryError> unexpected(const TokenStream &stream, const std::string &wanted)
{
    return refuse(stream.peek().at, expectedHere(stream, wanted));
}

std::optional<MatchKind> matchKind(const Token &token) noexcept
{
    if (token.kind != TokenKind::Operator)
        return std::nullopt;
    for (const MatchKind kind : {MatchKind::Equal, MatchKind::NotEqual, MatchKind::Regex, MatchKind::NotRegex}) {
        if (token.text == textOf(kind))
            return kind;
    }
    return std::nullopt;
}

Parsed<Matcher> readMatcher(TokenStream &stream)
{
    if (!stream.isNext(TokenKind::Word) || !isLabelName(stream.peek().text))
        return unexpected(stream, "the name of a label");
    const Token name = stream.take();
    const auto kind = matchKind(stream.peek());
    if (!kind)
        return unexpected(stream, "=, !=, =~ or !~");
    stream.take();
    if (!stream.isNext(TokenKind::String))
        return unexpected(stream, "a value in quotes");
    const Token value = stream.take();
    Result<Matcher> made = Matcher::make(*kind, name.text, value.text);
    if (!made)
        return refuse(value.at, made.error().context());
    return std::move(*made);
}

/// Without one condition that an empty label does not meet, a selector would be of all that there is.
bool isOfSomething(const std::vector<Matcher> &matchers)
{
    return std::any_of(matchers.begin(), matchers.end(), [](const Matcher &one) { return !one.matches({}); });
}

Parsed<std::int64_t> readDuration(TokenStream &stream, const std::string &wanted)
{
    if (!stream.isNext(TokenKind::Duration))
        return unexpected(stream, wanted);
    const Token token = stream.take();
    if (token.durationMs == 0)
        return refuse(token.at, "a duration is longer than nothing");
    return token.durationMs;
}

/// A sign in front of a number or a duration: -1 or 1.
int readSign(TokenStream &stream, bool isPlusTaken)
{
    if (stream.isNextOperator("-")) {
        stream.take();
        return -1;
    }
    if (isPlusTaken && stream.isNextOperator("+"))
        stream.take();
    return 1;
}

/// 285,000 years: with whatever ranges and offsets are added, milliseconds fit 64 bits.
constexpr double furthestMs = 9e15;

Parsed<AtTime> readAt(TokenStream &stream)
{
    for (const auto &[word, kind] : {std::pair<std::string_view, AtTime::Kind>{"start", AtTime::Kind::Start}, {"end", AtTime::Kind::End}}) {
        if (!stream.isNextWord(word))
            continue;
        stream.take();
        if (!stream.takeIf(TokenKind::OpenParen) || !stream.takeIf(TokenKind::CloseParen))
            return unexpected(stream, "()");
        return AtTime{kind, 0};
    }
    const Span from = stream.peek().at;
    const int sign = readSign(stream, true);
    if (!stream.isNext(TokenKind::Number))
        return unexpected(stream, "seconds since 1970, start() or end()");
    const Token number = stream.take();
    const double ms = std::round(sign * number.number * 1000);
    if (!(std::abs(ms) <= furthestMs))
        return refuse({from.from, number.at.to}, "a time that is out of range");
    return AtTime{AtTime::Kind::Time, static_cast<std::int64_t>(ms)};
}

} // namespace

std::string expectedHere(const TokenStream &stream, const std::string &wanted)
{
    const Token &token = stream.peek();
    switch (token.kind) {
    case TokenKind::End: return "expected " + wanted + ", but the query ends here";
    case TokenKind::String: return "expected " + wanted + ", not a string";
    default: return "expected " + wanted + ", not " + quoted(token.text);
    }
}

bool isReserved(std::string_view lower) noexcept
{
    static constexpr std::array<std::string_view, 6> words{"on", "ignoring", "group_left", "group_right", "bool", "atan2"};
    return std::find(words.begin(), words.end(), lower) != words.end();
}

Parsed<VectorSelector> readSelector(TokenStream &stream, const std::optional<Token> &name)
{
    VectorSelector made;
    Span at = name ? name->at : stream.peek().at;
    if (stream.takeIf(TokenKind::OpenBrace)) {
        while (!stream.isNext(TokenKind::CloseBrace)) {
            Parsed<Matcher> one = readMatcher(stream);
            if (!one)
                return tl::unexpected<QueryError>(std::move(one.error()));
            made.matchers.push_back(std::move(*one));
            if (!stream.takeIf(TokenKind::Comma) && !stream.isNext(TokenKind::CloseBrace))
                return unexpected(stream, "a comma or a closing brace");
        }
        stream.take();
    }
    at.to = stream.lastEnd();
    if (name) {
        const auto twice =
            std::find_if(made.matchers.begin(), made.matchers.end(), [](const Matcher &one) { return one.name() == metricName; });
        if (twice != made.matchers.end())
            return refuse(at, "the metric's name is given twice: " + quoted(name->text) + " and " + quoted(twice->value()));
        made.matchers.push_back(*Matcher::make(MatchKind::Equal, std::string(metricName), name->text));
    }
    if (!isOfSomething(made.matchers))
        return refuse(at, "a selector needs a name, or a condition that not every series meets");
    return made;
}

Parsed<std::vector<std::string>> readLabelList(TokenStream &stream)
{
    std::vector<std::string> labels;
    if (!stream.takeIf(TokenKind::OpenParen))
        return unexpected(stream, "labels in parentheses");
    while (!stream.isNext(TokenKind::CloseParen)) {
        if (!stream.isNext(TokenKind::Word) || !isLabelName(stream.peek().text))
            return unexpected(stream, "the name of a label");
        labels.push_back(stream.take().text);
        if (!stream.takeIf(TokenKind::Comma) && !stream.isNext(TokenKind::CloseParen))
            return unexpected(stream, "a comma or a closing parenthesis");
    }
    stream.take();
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    return labels;
}

Parsed<Matching> readMatching(TokenStream &stream)
{
    Matching made;
    if (!stream.isNextWord("on") && !stream.isNextWord("ignoring"))
        return made;
    made.isGiven = true;
    made.isOn = TokenStream::lowered(stream.take().text) == "on";
    Parsed<std::vector<std::string>> labels = readLabelList(stream);
    if (!labels)
        return tl::unexpected<QueryError>(std::move(labels.error()));
    made.labels = std::move(*labels);
    if (!stream.isNextWord("group_left") && !stream.isNextWord("group_right"))
        return made;
    const bool isLeft = TokenStream::lowered(stream.take().text) == "group_left";
    made.group = isLeft ? Matching::Group::ManyToOne : Matching::Group::OneToMany;
    if (stream.isNext(TokenKind::OpenParen)) {
        Parsed<std::vector<std::string>> include = readLabelList(stream);
        if (!include)
            return tl::unexpected<QueryError>(std::move(include.error()));
        made.include = std::move(*include);
    }
    return made;
}

Parsed<BracketRange> readBracketRange(TokenStream &stream)
{
    stream.take();
    BracketRange made;
    Parsed<std::int64_t> range = readDuration(stream, "a duration such as 5m");
    if (!range)
        return tl::unexpected<QueryError>(std::move(range.error()));
    made.rangeMs = *range;
    if (stream.takeIf(TokenKind::Colon)) {
        made.isSubquery = true;
        if (!stream.isNext(TokenKind::CloseBracket)) {
            Parsed<std::int64_t> step = readDuration(stream, "a step such as 1m, or a closing bracket");
            if (!step)
                return tl::unexpected<QueryError>(std::move(step.error()));
            made.stepMs = *step;
        }
    }
    if (!stream.takeIf(TokenKind::CloseBracket))
        return unexpected(stream, made.isSubquery ? "a closing bracket" : "a colon or a closing bracket");
    return made;
}

Parsed<void> readModifier(TokenStream &stream, Modifiers &modifiers)
{
    const Token word = stream.take();
    if (word.kind == TokenKind::At) {
        if (modifiers.at)
            return refuse(word.at, "@ is given twice");
        Parsed<AtTime> at = readAt(stream);
        if (!at)
            return tl::unexpected<QueryError>(std::move(at.error()));
        modifiers.at = *at;
        return {};
    }
    if (modifiers.hasOffset)
        return refuse(word.at, "offset is given twice");
    const int sign = readSign(stream, false);
    Parsed<std::int64_t> duration = readDuration(stream, "a duration such as 5m");
    if (!duration)
        return tl::unexpected<QueryError>(std::move(duration.error()));
    modifiers.hasOffset = true;
    modifiers.offsetMs = sign * *duration;
    return {};
}

} // namespace tapio::promql
