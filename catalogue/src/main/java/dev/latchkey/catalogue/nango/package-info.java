/** Definitions converted from Nango's catalogue. Begin with {@link dev.latchkey.catalogue.nango.NangoCatalogue}. */
@NullMarked
package dev.latchkey.catalogue.nango;

import org.jspecify.annotations.NullMarked;
