using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Tests.Tiles;

// Goal: paths are those of every other tlog-tiles log, and no other text becomes a path. Method: the examples of the
// specification and cases of transparency-dev/trillian-tessera api/layout; then each rule by its violation.
public sealed class TilePathTests
{
    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(0, 255, 256, "tile/0/255")]
    [InlineData(1, 999, 256, "tile/1/999")]
    [InlineData(1, 1000, 256, "tile/1/x001/000")]
    [InlineData(15, 455667, 8, "tile/15/x455/667.p/8")]
    [InlineData(3, 1234567, 64, "tile/3/x001/x234/567.p/64")]
    [InlineData(63, TilePath.MaxIndex, 255, "tile/63/x999/x999/x999/x999/x999/999.p/255")]
    public void A_tile_of_hashes_is_named_as_the_specification_says(int level, long index, int width, string text)
    {
        TilePath path = TilePath.Hashes(level, index, width);

        Assert.Equal(text, path.ToString());
        Assert.Equal(path, TilePath.Parse(text));
        Assert.False(path.IsEntries);
    }

    [Theory]
    [InlineData(0, 256, "tile/entries/000")]
    [InlineData(0, 1, "tile/entries/000.p/1")]
    [InlineData(1234067, 256, "tile/entries/x001/x234/067")]
    [InlineData(123456789, 144, "tile/entries/x123/x456/789.p/144")]
    public void A_bundle_of_entries_is_named_as_the_specification_says(long index, int width, string text)
    {
        TilePath path = TilePath.Entries(index, width);

        Assert.Equal(text, path.ToString());
        Assert.Equal(path, TilePath.Parse(text));
        Assert.True(path.IsEntries);
        Assert.Equal(width == TilePath.FullWidth, path.IsFull);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000/")]
    [InlineData("tile/00/000")]
    [InlineData("tile/+1/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/x0/000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/001/001")]
    [InlineData("tile/0/x001/x001")]
    [InlineData("tile/0/xx01/001")]
    [InlineData("tile/0/x01/001")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/1/1")]
    [InlineData("tile/0/000.p/+1")]
    [InlineData("tile/0/.p/1")]
    [InlineData("tile/0067.p/12")]
    [InlineData("tile/0/x001.p/1")]
    [InlineData("tile/entries/../checkpoint")]
    [InlineData("tile/0/..")]
    [InlineData("tile/0/٠٠٠")]
    [InlineData("tile\\0\\000")]
    [InlineData("tile/0/000\n")]
    [InlineData("tile/entries")]
    [InlineData("tile/Entries/000")]
    [InlineData("tile/0/x001/x000/x000/x000/x000/x000/000")]
    public void Another_text_is_no_path(string text)
    {
        Assert.Null(TilePath.TryParse(text));
        Assert.Throws<TileFormatException>(() => TilePath.Parse(text));
    }

    [Fact]
    public void A_tree_of_70000_has_the_tiles_of_the_specification()
    {
        // tlog-tiles, "Partial Tiles": 273 full level 0 tiles, one of width 112, one full level 1 tile, one of width
        // 17, one level 2 tile of width 1.
        ILookup<int, TilePath> levels = TilePath.OfTree(70_000).ToLookup(path => path.Level);

        Assert.Equal(273, levels[0].Count(path => path.IsFull));
        Assert.Equal(["tile/0/273.p/112"], levels[0].Where(path => !path.IsFull).Select(path => path.ToString()));
        Assert.Equal(["tile/1/000", "tile/1/001.p/17"], levels[1].Select(path => path.ToString()));
        Assert.Equal(["tile/2/000.p/1"], levels[2].Select(path => path.ToString()));
        Assert.Empty(levels[3]);
        Assert.Equal(levels[0].Select(path => (path.Index, path.Width)),
            levels[-1].Select(path => (path.Index, path.Width)));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "tile/entries/000.p/1 tile/0/000.p/1")]
    [InlineData(256, "tile/entries/000 tile/0/000 tile/1/000.p/1")]
    [InlineData(257, "tile/entries/000 tile/entries/001.p/1 tile/0/000 tile/0/001.p/1 tile/1/000.p/1")]
    public void A_small_tree_has_these_tiles(long size, string paths)
    {
        Assert.Equal(paths, string.Join(' ', TilePath.OfTree(size)));
    }

    [Fact]
    public void Numbers_that_the_format_cannot_say_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Hashes(64, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Hashes(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Entries(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Entries(TilePath.MaxIndex + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Entries(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Entries(0, 257));
    }
}
