package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Webhook.Verify.KeySource;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Reads where the public key is found that verifies a vendor's webhooks. */
final class KeySourceReader {
    private static final String HOST = "[a-z0-9-]+(\\.[a-z0-9-]+)+";

    private KeySourceReader() {}

    /** Empty where the section names no key of the vendor. @param detached whether the request must say which key of a set it is */
    static Optional<KeySource> read(Section section, boolean detached) {
        if (section.has("public_key")) {
            String key = section.required("public_key");
            return Optional.of(key.equals("secret") ? new KeySource.OfTheSecret() : new KeySource.Written(key));
        }
        if (section.has("key_set")) {
            Optional<String> id = section.text("key_id").map(path -> WebhookReader.place(section, "key_id", path));
            if (detached && id.isEmpty()) {
                section.problem(section.line("key_set"), "key_set needs key_id: where the request names the key");
            }
            return section.address("key_set")
                    .<KeySource>map(address -> new KeySource.KeySet(address, id))
                    .or(() -> Optional.of(new KeySource.KeySet(URI.create("https://invalid.example/"), id)));
        }
        if (section.has("named_key")) {
            return section.map("named_key", KeySourceReader::named);
        }
        return section.has("certificate") ? section.map("certificate", KeySourceReader::certificate) : Optional.empty();
    }

    private static KeySource named(Section section) {
        return new KeySource.Named(
                host(section, "host", section.required("host")),
                WebhookReader.place(section, "path", section.required("path")));
    }

    private static KeySource certificate(Section section) {
        List<String> hosts = section.texts("hosts").stream()
                .map(host -> host(section, "hosts", host))
                .toList();
        if (hosts.isEmpty()) {
            // Otherwise the sender would choose whose key is trusted.
            section.problem(
                    section.line("hosts"), "'hosts' is missing: the vendor's, from which the certificate may come");
        }
        return new KeySource.Certificate(
                WebhookReader.place(section, "address", section.required("address")),
                hosts,
                section.required("subject"));
    }

    private static String host(Section section, String key, String host) {
        if (!host.matches(HOST)) {
            section.problem(key, "'" + host + "' is no host name");
        }
        return host;
    }
}
