package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Nango calls a provider's values, where this definition has other names: callers that were written for Nango keep theirs.
 *
 * @param definition the id of the definition that is what Nango means by this one's id, where its kind of authentication is another
 * @param config by Nango's name, the field of this definition that a connection's value is stored under
 * @param credentials the same of what a user enters
 * @param ignored what Nango's callers enter and nothing here needs
 * @param base below which address the paths are that Nango's callers use
 * @param differs what is otherwise on purpose
 */
public record NangoNames(
        Optional<String> definition,
        Map<String, Alias> config,
        Map<String, Alias> credentials,
        List<String> ignored,
        Optional<Base> base,
        List<Difference> differs) {
    public static final NangoNames NONE =
            new NangoNames(Optional.empty(), Map.of(), Map.of(), List.of(), Optional.empty(), List.of());

    /**
     * What is otherwise than in Nango's definition of the same id.
     *
     * @param what such as {@code scopes} or {@code token}
     * @param why a fact of the vendor's page
     */
    public record Difference(List<String> what, String why, URI page) {}

    /**
     * Another name of a field.
     *
     * @param here, there the forms of a value with either name: {@code acme.okta.com} here is {@code acme} there
     */
    public record Alias(String field, Form here, Form there) {
        /** A value that has our form already is taken as it is. */
        public String ours(String theirs) {
            return theirs.isEmpty()
                            || !here.equals(Form.BARE) && here.inner(theirs).isPresent()
                    ? theirs
                    : here.around(there.inner(theirs).orElse(theirs));
        }

        /** Empty where our value is none that Nango's form could have. */
        public Optional<String> theirs(String ours) {
            return here.inner(ours).map(there::around);
        }
    }

    /** What a value has around its core. */
    public record Form(String before, String after) {
        public static final Form BARE = new Form("", "");

        String around(String core) {
            return before + core + after;
        }

        Optional<String> inner(String value) {
            boolean fits = value.length() > before.length() + after.length()
                    && value.startsWith(before)
                    && value.endsWith(after);
            return fits
                    ? Optional.of(value.substring(before.length(), value.length() - after.length()))
                    : Optional.empty();
        }
    }

    /**
     * Nango's address of the vendor's API where it ends at another step of the path.
     *
     * @param when beginnings of the paths that are below it; empty: all but those that begin with one of {@code unless}
     */
    public record Base(Text url, List<String> when, List<String> unless) {
        boolean has(String path) {
            return when.isEmpty() ? !beginsWithOne(path, unless) : beginsWithOne(path, when);
        }

        private static boolean beginsWithOne(String path, List<String> beginnings) {
            String whole = path.startsWith("/") ? path : "/" + path;
            return beginnings.stream().anyMatch(start -> whole.equals(start) || whole.startsWith(start + "/"));
        }
    }

    /** The address that a path is meant to be below, if it is not the definition's own. */
    public Optional<Text> base(String path) {
        return base.filter(it -> it.has(path)).map(Base::url);
    }

    /** Given values by our names. A value that has ours already keeps it. */
    public Map<String, String> ours(Map<String, String> given) {
        Map<String, String> named = new LinkedHashMap<>(given);
        config.forEach((theirs, alias) -> {
            String value = named.remove(theirs);
            if (value != null) {
                named.putIfAbsent(alias.field(), alias.ours(value));
            }
        });
        return named;
    }
}
