package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Provider;
import java.util.Optional;

/** What must be done once before users can connect: a definition's own steps, or those that follow from its kind. */
public final class SetupSteps {
    private SetupSteps() {}

    public static Provider.Setup of(Provider provider) {
        if (!provider.about().setup().steps().isEmpty()) {
            return provider.about().setup();
        }
        return new Provider.Setup(
                provider.about()
                        .setup()
                        .page()
                        .or(() -> Optional.of(provider.about().docs())),
                provider.auth().facts().setupSteps(),
                provider.about().setup().install());
    }
}
