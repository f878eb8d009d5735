package dev.latchkey.catalogue.model;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An installation that begins at the vendor: it sends the user's browser to a link of Latchkey's, which begins a flow of its own.
 *
 * @param steps what the operator enters where at the vendor; {@code {install}} is replaced by the link
 * @param given the link's parameter that fills a field, by field: what a user would type otherwise
 * @param check how the vendor signs the link; empty: it does not, and whoever opens the link only begins a flow
 */
public record InstallLink(URI docs, List<String> steps, Map<String, String> given, Optional<Auth.CallbackCheck> check) {
    public static final String LINK = "{install}";
}
