package dev.latchkey.server.secrets;

import java.util.Optional;
import java.util.regex.Pattern;

/** What a key that signs webhooks may look like when it is brought along: receivers know it already, whatever made it. */
public final class SigningKeyForm {
    private static final Pattern FORM = Pattern.compile("[\\x21-\\x7e]{16,255}");

    /** The rule, as the end of a sentence about the key. */
    public static final String RULE = "must have 16 to 255 visible ASCII characters, without spaces";

    private SigningKeyForm() {}

    public static boolean isMet(String key) {
        return FORM.matcher(key).matches();
    }

    /** Empty where the text is no such key. */
    public static Optional<Secret> read(String key) {
        return Optional.of(key).filter(SigningKeyForm::isMet).map(Secret::new);
    }
}
