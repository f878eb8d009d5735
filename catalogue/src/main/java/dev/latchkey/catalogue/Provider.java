package dev.latchkey.catalogue;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One entry of the catalogue: everything Latchkey knows of a vendor. Immutable; shared by all threads.
 *
 * @param id stable id, also the file's name ({@code github})
 * @param fields what is asked of a user or learned from the vendor, by id, in the order of the file
 * @param docs the vendor's page that the entry was written from
 */
public record Provider(
        String id,
        String name,
        List<String> tags,
        Optional<URI> site,
        URI docs,
        Map<String, Field> fields,
        Auth auth,
        Api api,
        Verification verification,
        List<AfterConnect> afterConnect,
        Optional<Call> onDelete,
        Optional<Webhook> webhook) {}
