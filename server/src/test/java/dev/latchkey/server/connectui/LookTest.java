package dev.latchkey.server.connectui;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.environments.Color;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever colour a product chooses, it can be read. */
class LookTest {
    @Test
    void lettersOnAnyColourAndTheColourAsLettersCanBeRead() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Color color = new Color(random.nextInt(0x1000000));
            assertThat(color.contrast(Look.on(color)))
                    .as("seed %d, %s", seed, color.hex())
                    .isGreaterThanOrEqualTo(4.2);
            for (Color ground : new Color[] {Color.WHITE, new Color(0x14181E)}) {
                assertThat(color.readableOn(ground, 4.5).contrast(ground))
                        .as("seed %d, %s on %s", seed, color.hex(), ground.hex())
                        .isGreaterThanOrEqualTo(4.5);
            }
        }
    }

    @Test
    void contrastIsAsDefined() {
        assertThat(Color.BLACK.contrast(Color.WHITE)).isEqualTo(21);
        assertThat(Color.parse("#767676").orElseThrow().contrast(Color.WHITE)).isBetween(4.5, 4.6);
        assertThat(Color.parse("red")).isEmpty();
    }
}
