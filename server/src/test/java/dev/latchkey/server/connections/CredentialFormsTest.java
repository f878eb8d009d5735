package dev.latchkey.server.connections;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read by its type is found by a list, which the compiler cannot complete. */
class CredentialFormsTest {
    /** {@code Imported} is what has no form of its own. */
    @Test
    void everyCredentialHasItsFormInTheList() {
        List<String> expected = Arrays.stream(Credentials.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .filter(name -> !name.equals("Imported"))
                .map(name -> name + "Form")
                .toList();

        assertThat(Credentials.FORMS.stream().map(form -> form.getClass().getSimpleName()))
                .containsExactlyInAnyOrderElementsOf(expected);
    }
}
