package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.integrations.Integration;
import java.net.URI;
import java.util.function.BiFunction;

/** Maps a definition's URL to the one to call: the vendor's, or the lab's for an integration in lab mode. */
public final class VendorAddress {
    private final BiFunction<Integration, URI, URI> lab;

    /** @param lab where the provider lab plays a vendor's URL, for an integration */
    public VendorAddress(BiFunction<Integration, URI, URI> lab) {
        this.lab = lab;
    }

    /** @throws IllegalArgumentException when a value is missing or not allowed at its position; names no value */
    public URI of(Integration integration, Text url, Template.Values values) {
        String expanded = url.expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        return of(integration, URI.create(expanded));
    }

    public URI of(Integration integration, URI vendor) {
        return integration.lab() ? lab.apply(integration, vendor) : vendor;
    }
}
