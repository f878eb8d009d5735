package dev.latchkey.catalogue.model;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One entry of the catalogue: everything Latchkey knows of a vendor. Immutable; shared by all threads.
 *
 * @param id stable id, also the file's name ({@code github})
 * @param fields values entered by a user or learned from the vendor, by id, in the order of the file
 * @param account the fields that say whose account a connection is: another value is another account
 * @param nango the names that callers of Nango's API use
 */
public record Provider(
        String id,
        String name,
        About about,
        Map<String, Field> fields,
        Auth auth,
        Api api,
        Calls calls,
        Optional<Webhook> webhook,
        List<String> account,
        NangoNames nango) {
    /**
     * What people read.
     *
     * @param docs the vendor's page that the entry was written from
     * @param help the vendor's page for people who connect: where to find a key, how to grant access
     * @param icon slug of the logo in Simple Icons; a monogram is drawn without one
     * @param checked when it was compared with the vendor's pages; empty for one that was never read again
     * @param setup what the operator does before users can connect
     * @param noWebhooks that the vendor sends none, and where it says so
     */
    public record About(
            List<String> tags,
            Optional<URI> site,
            URI docs,
            Optional<URI> help,
            Optional<String> icon,
            Optional<Checked> checked,
            Setup setup,
            Optional<NoWebhooks> noWebhooks) {}

    /**
     * The vendor sends no webhooks for what is connected here. @param why in a sentence, with what there is instead
     *
     * @param page the vendor's, from which that is known
     */
    public record NoWebhooks(String why, URI page) {}

    /** The calls of the vendor's API at a connection's beginning and end. */
    public record Calls(Verification verification, List<AfterConnect> afterConnect, Optional<Call> onDelete) {}

    /**
     * Fields that name one element of a list which the vendor returns after connecting. Who connects may say which: the vendor confirms
     * it by listing it.
     */
    public Set<String> listed() {
        return calls.afterConnect().stream()
                .filter(step -> step.find().isPresent())
                .flatMap(step -> step.identity(account).stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The same with other fields. */
    public Provider with(Map<String, Field> others) {
        return new Provider(id, name, about, others, auth, api, calls, webhook, account, nango);
    }

    /**
     * What a product's operator does once before its users can connect.
     *
     * @param page the vendor's page where an app is registered
     * @param steps in order, own words; {@code {callback}} is replaced by Latchkey's callback URL
     * @param install where users may also begin at the vendor
     */
    public record Setup(Optional<URI> page, List<String> steps, Optional<InstallLink> install) {
        public static final String CALLBACK = "{callback}";
    }
}
