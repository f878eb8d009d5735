package dev.latchkey.catalogue.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Api.Page.Style;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a list that is read by a number continues. */
class OffsetPagesTest {
    @Test
    void aParameterThatCountsItemsGoesOnByTheItemsRead() {
        Style.Offset offset = new Style.Offset("offset", Style.Counts.ITEMS, 0);
        assertThat(List.of(offset.after(1, 100), offset.after(2, 150))).containsExactly("100", "150");
        // SCIM (RFC 7644 section 3.4.2.4).
        assertThat(new Style.Offset("startIndex", Style.Counts.ITEMS, 1).after(1, 100))
                .isEqualTo("101");
    }

    @Test
    void aParameterThatCountsPagesGoesOnByOne() {
        assertThat(new Style.Offset("page", Style.Counts.PAGES, 1).after(1, 100))
                .isEqualTo("2");
        assertThat(new Style.Offset("page", Style.Counts.PAGES, 0).after(2, 200))
                .isEqualTo("2");
    }

    @Test
    void everyDefinitionSaysSoWhereTheParameterIsANumberOfAPage() {
        List<Style.Offset> all = Catalogue.load().all().stream()
                .flatMap(provider -> provider.api().page().stream())
                .map(Api.Page::style)
                .filter(Style.Offset.class::isInstance)
                .map(Style.Offset.class::cast)
                .toList();
        assertThat(all)
                .hasSizeGreaterThan(150)
                .allSatisfy(offset -> assertThat(offset.counts())
                        .as(offset.to())
                        .isEqualTo(
                                offset.to().matches("(?i).?pag(e|ina).*") ? Style.Counts.PAGES : Style.Counts.ITEMS));
        assertThat(all.stream().filter(offset -> offset.to().equals("startIndex")))
                .isNotEmpty()
                .allSatisfy(offset -> assertThat(offset.first()).isEqualTo(1));
    }
}
