package dev.latchkey.server.access;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Until when and from where an actor may act. What an actor hands out must end no later, and be usable from nowhere else: otherwise a
 * stolen key that expires, or that works only from the product's servers, would be exchanged for one without these limits.
 *
 * @param end absent: never
 * @param addresses empty: any
 */
public record Bounds(Optional<Instant> end, List<Cidr> addresses) {
    public static final Bounds NONE = new Bounds(Optional.empty(), List.of());

    public Bounds {
        addresses = List.copyOf(addresses);
    }

    boolean areNone() {
        return end.isEmpty() && addresses.isEmpty();
    }

    private boolean cover(Instant wanted) {
        return end.filter(wanted::isAfter).isEmpty();
    }

    private boolean cover(List<Cidr> wanted) {
        return addresses.isEmpty()
                || !wanted.isEmpty()
                        && wanted.stream().allMatch(one -> addresses.stream().anyMatch(range -> range.contains(one)));
    }

    /** @throws ForbiddenException when the wanted bounds are wider than these, which are the calling key's */
    void require(Bounds wanted) {
        if (end.isPresent() && !wanted.end().map(this::cover).orElse(false)) {
            throw new ForbiddenException("The calling key expires at " + end.get()
                    + ": give an expires_at that is not later, or use a key that lasts longer.");
        }
        if (!cover(wanted.addresses())) {
            throw new ForbiddenException("The calling key may be used from "
                    + addresses.stream().map(Cidr::toString).collect(Collectors.joining(", "))
                    + " only: give allowed_addresses within that, or use a key without such a limit.");
        }
    }
}
