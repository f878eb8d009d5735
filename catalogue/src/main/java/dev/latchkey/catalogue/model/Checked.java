package dev.latchkey.catalogue.model;

import java.net.URI;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * When a definition was last compared with what its vendor documents.
 *
 * @param pages the vendor's pages that were read; at least one
 * @param note what they say that the definition does not follow, or what they leave open
 */
public record Checked(LocalDate on, List<URI> pages, Optional<String> note) {}
