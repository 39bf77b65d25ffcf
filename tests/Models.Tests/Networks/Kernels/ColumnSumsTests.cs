using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Tests.Networks.Kernels;

// Goal: a column is added up row by row at every width. Method: columns that fill four registers, one, and none, in a
// matrix whose rows lie further apart than they are long; bits of a plain loop.
public sealed class ColumnSumsTests
{
    private const int Rows = 29;
    private const int Pitch = 100;

    [Theory]
    [InlineData(1)]
    [InlineData(21)]
    [InlineData(64)]
    [InlineData(99)]
    public void Every_width_gives_the_bits_of_a_plain_loop(int columns)
    {
        float[] matrix = GemmTests.Normals(1, Rows * Pitch);
        float[] start = GemmTests.Normals(2, columns);
        float[] expected = [.. start];
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                expected[j] += matrix[(i * Pitch) + j];
            }
        }

        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            float[] sums = [.. start];
            ColumnSums.Add(width, MatrixView.Of(matrix, Rows, columns, Pitch), sums);
            Assert.Equal(expected, sums);
        }
    }

    [Fact]
    public void Sums_of_another_number_of_columns_are_refused()
    {
        float[] matrix = new float[6];

        Assert.Throws<ArgumentException>(
            () => ColumnSums.Add(VectorWidth.Scalar, MatrixView.Of(matrix, 2, 3), new float[2]));
        Assert.Throws<ArgumentException>(
            () => ColumnSums.Add(VectorWidth.Scalar, MatrixView.Of(matrix, 2, 3).Transposed, new float[2]));
    }
}
