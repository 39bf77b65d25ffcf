namespace DigitalTwin.Models.Tests;

// Goal: a table holds what it was given and only finite numbers. Method: small tables with known cells.
public sealed class TableTests
{
    private static Table ThreeRows => new(2, [1, 10, 2, 20, 3, 30], [0, 1, 0]);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_no_number_is_refused_with_its_place(double value)
    {
        ArgumentException feature = Assert.Throws<ArgumentException>(
            () => new Table(2, [1, 2, 3, value, 5, 6], [0, 1, 0]));
        ArgumentException label = Assert.Throws<ArgumentException>(() => new Table(1, [1, 2, 3], [0, 1, value]));

        Assert.Contains("Row 1, column 1", feature.Message, StringComparison.Ordinal);
        Assert.Contains("Row 2", label.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 5)]
    [InlineData(3, 6)]
    public void Features_that_do_not_fill_the_rows_are_refused(int columns, int features) =>
        Assert.ThrowsAny<ArgumentException>(() => new Table(columns, new double[features], new double[3]));

    [Fact]
    public void Selected_rows_come_in_the_order_named()
    {
        Table selected = ThreeRows.Select([2, 0, 2]);

        Assert.Equal([3, 30], selected.Row(0).ToArray());
        Assert.Equal([1, 10], selected.Row(1).ToArray());
        Assert.Equal([3, 30], selected.Row(2).ToArray());
        Assert.Equal([0, 0, 0], selected.Labels.ToArray());
    }

    [Fact]
    public void Standardising_divides_by_the_deviation_and_gives_zero_for_a_constant_column()
    {
        Table standardised = new Table(2, [1, 7, 3, 7], [0, 1]).Standardise([2, 7], [0.5, 0]);

        Assert.Equal(-1 / (0.5 + 1e-9), standardised.Row(0)[0]);
        Assert.Equal(+1 / (0.5 + 1e-9), standardised.Row(1)[0]);
        Assert.Equal([0, 0], [standardised.Row(0)[1], standardised.Row(1)[1]]);
        Assert.Equal(1, standardised.Label(1));
    }

    [Fact]
    public void Standardising_with_another_number_of_columns_is_refused() =>
        Assert.Throws<ArgumentException>(() => ThreeRows.Standardise([1], [1, 1]));

    [Fact]
    public void The_table_does_not_follow_the_arrays_it_was_made_from()
    {
        double[] features = [1, 2];
        double[] labels = [1];
        Table table = new(2, features, labels);

        features[0] = double.NaN;
        labels[0] = 5;

        Assert.Equal([1, 2], table.Row(0).ToArray());
        Assert.Equal(1, table.Label(0));
    }

    [Fact]
    public void A_table_may_have_no_rows() => Assert.Equal(0, new Table(3, [], []).Rows);
}
