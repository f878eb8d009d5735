/** What a provider is, as data. Begin with {@link dev.latchkey.catalogue.model.Provider}. */
@NullMarked
package dev.latchkey.catalogue.model;

import org.jspecify.annotations.NullMarked;
