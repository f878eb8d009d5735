package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Cidr;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.json.Moments;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A key's expiry and allowed addresses, read from a form. */
record KeyLimits(Optional<Instant> expiresAt, List<Cidr> allowed) {
    static final String PROBLEM =
            "!Nothing was changed: the last day must be in the future, and each address must be like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.";

    /** Empty if something is wrong. The given day is the last on which the key works, in UTC. */
    static Optional<KeyLimits> read(Visit visit, Instant now) {
        List<Cidr> allowed = new ArrayList<>();
        for (String text : visit.field("allowed").strip().split("[\\s,]+")) {
            if (!text.isEmpty()) {
                Optional<Cidr> range = Cidr.parse(text);
                if (range.isEmpty()) {
                    return Optional.empty();
                }
                allowed.add(range.get());
            }
        }
        if (allowed.size() > ApiKeys.MOST_ADDRESSES) {
            return Optional.empty();
        }
        try {
            Optional<Instant> end = visit.filled("expires")
                    .map(day -> Moments.bounded(LocalDate.parse(day)
                            .atStartOfDay()
                            .toInstant(ZoneOffset.UTC)
                            .plus(Duration.ofDays(1))));
            return end.filter(at -> !at.isAfter(now)).isPresent()
                    ? Optional.empty()
                    : Optional.of(new KeyLimits(end, List.copyOf(allowed)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The last day, in the format of a form's field. */
    static String lastDay(Optional<Instant> end) {
        return end.map(at ->
                        LocalDate.ofInstant(at.minusSeconds(1), ZoneOffset.UTC).toString())
                .orElse("");
    }
}
