using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Networks.Kernels;

// Goal: every path gives the bits of the three textbook loops with an FMA in them. Method: shapes below, at and above
// the edges of tiles and blocks, in the three forms, all compared bit by bit.
public sealed class GemmTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 6, 16, 5 }, { 7, 17, 3 }, { 64, 1, 13 }, { 1, 40, 9 }, { 13, 33, 257 }, { 97, 31, 4 },
        { 5, 1, 300 }, { 12, 64, 512 }, { 50, 40, 9 },
        { 27, 16, 300 }, { 61, 43, 20 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void All_widths_and_forms_give_the_bits_of_the_textbook_loops(int rows, int columns, int depth)
    {
        float[] a = Normals(1, rows * depth);
        float[] b = Normals(2, depth * columns);
        float[] start = Normals(3, rows * columns);
        float[] aTransposed = Transposed(a, rows, depth);
        float[] bTransposed = Transposed(b, depth, columns);
        float[] fromZero = Textbook(a, b, new float[rows * columns], rows, columns, depth);
        float[] fromTarget = Textbook(a, b, start, rows, columns, depth);
        float[] packing = new float[Gemm.PackingSize(depth, int.Max(rows, columns))];

        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            for (int form = 0; form < 4; form++)
            {
                float[] c = [.. start];
                MatrixView left = (form & 1) == 0
                    ? MatrixView.Of(a, rows, depth)
                    : MatrixView.Of(aTransposed, depth, rows).Transposed;
                MatrixView right = (form & 2) == 0
                    ? MatrixView.Of(b, depth, columns)
                    : MatrixView.Of(bTransposed, columns, depth).Transposed;

                Gemm.Multiply(width, left, right, MatrixView.Of(c, rows, columns), SumsBegin.AtTarget, packing);
                Assert.Equal(fromTarget, c);

                Gemm.Multiply(width, left, right, MatrixView.Of(c, rows, columns), SumsBegin.AtZero, packing);
                Assert.Equal(fromZero, c);
            }
        }
    }

    [Theory]
    [InlineData((int)VectorWidth.Scalar)]
    [InlineData((int)VectorWidth.Vector256)]
    public void Rows_further_apart_than_they_are_long_leave_the_floats_between_alone(int width)
    {
        float[] a = Normals(1, 7 * 5);
        float[] b = Normals(2, 5 * 19);
        float[] c = new float[7 * 25];
        Array.Fill(c, 42f);

        Gemm.Multiply(
            (VectorWidth)width,
            MatrixView.Of(a, 7, 5),
            MatrixView.Of(b, 5, 19),
            MatrixView.Of(c, 7, 19, rowStride: 25),
            SumsBegin.AtZero,
            new float[Gemm.PackedSize(5, 19)]);

        float[] expected = Textbook(a, b, new float[7 * 19], 7, 19, 5);
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(expected[(i * 19)..((i + 1) * 19)], c[(i * 25)..((i * 25) + 19)]);
            Assert.All(c[((i * 25) + 19)..((i + 1) * 25)], value => Assert.Equal(42f, value));
        }
    }

    [Fact]
    public void An_empty_depth_gives_zeros_or_the_target()
    {
        float[] c = [1, 2];

        MatrixView a = MatrixView.Of([], 2, 0);
        MatrixView b = MatrixView.Of([], 0, 1);
        Gemm.Multiply(VectorWidth.Vector128, a, b, MatrixView.Of(c, 2, 1), SumsBegin.AtTarget, []);
        Assert.Equal([1f, 2f], c);
        Gemm.Multiply(VectorWidth.Vector128, a, b, MatrixView.Of(c, 2, 1), SumsBegin.AtZero, []);
        Assert.Equal([0f, 0f], c);
    }

    [Fact]
    public void Shapes_that_do_not_meet_are_refused()
    {
        float[] floats = new float[64];

        Assert.Throws<ArgumentException>(() => MatrixView.Of(floats, 8, 9));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply(
            VectorWidth.Scalar,
            MatrixView.Of(floats, 2, 3),
            MatrixView.Of(floats, 4, 2),
            MatrixView.Of(floats, 2, 2),
            SumsBegin.AtZero,
            new float[1000]));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply(
            VectorWidth.Scalar,
            MatrixView.Of(floats, 2, 3),
            MatrixView.Of(floats, 3, 2),
            MatrixView.Of(floats, 2, 2),
            SumsBegin.AtZero,
            new float[95]));
    }

    internal static float[] Normals(ulong seed, int count)
    {
        PhiloxStream random = new(seed, stream: 99);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
    }

    private static float[] Textbook(float[] a, float[] b, float[] start, int rows, int columns, int depth)
    {
        float[] c = [.. start];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                for (int k = 0; k < depth; k++)
                {
                    c[(i * columns) + j] = MathF.FusedMultiplyAdd(
                        a[(i * depth) + k], b[(k * columns) + j], c[(i * columns) + j]);
                }
            }
        }

        return c;
    }

    private static float[] Transposed(float[] matrix, int rows, int columns)
    {
        float[] transposed = new float[matrix.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < columns; k++)
            {
                transposed[(k * rows) + i] = matrix[(i * columns) + k];
            }
        }

        return transposed;
    }
}
