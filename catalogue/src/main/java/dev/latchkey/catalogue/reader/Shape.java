package dev.latchkey.catalogue.reader;

import java.util.List;

/** What the reader accepts as the value of a key. */
sealed interface Shape {
    Shape TEXT = new Text();
    Shape TEXTS = new Texts();
    Shape FLAG = new Flag();
    Shape DURATION = new Duration();
    Shape DAY = new Day();
    Shape ADDRESS = new Address();
    Shape MAPPING = new Mapping();
    Shape MAPPINGS = new Mappings();

    /** Any scalar, as it is written. */
    record Text() implements Shape {}

    /** One scalar, or a list of them. */
    record Texts() implements Shape {}

    record Flag() implements Shape {}

    record Words(List<String> words) implements Shape {}

    record Duration() implements Shape {}

    /** As in 2026-11-29. */
    record Day() implements Shape {}

    /** Of a page. */
    record Address() implements Shape {}

    record Mapping() implements Shape {}

    record Mappings() implements Shape {}
}
