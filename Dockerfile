# The studio, and `fer serve`, on LiteRT alone. docs/hosting.md says how to run it, and what was tried of it.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS packages
COPY requirements-serving.txt /
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile -r /requirements-serving.txt
# Parts of wheels that nothing here loads, 140 MB: accelerators, Arrow's network clients and headers, what is
# for notebooks, and libraries' own tests.
RUN cd /venv/lib/python*/site-packages && rm -rf \
    ai_edge_litert/libLiteRtWebGpuAccelerator.so ai_edge_litert/vendors ai_edge_litert/tools \
    pandas/tests plotly/labextension plotly/package_data/*.js pydeck/nbextension pyarrow/include pyarrow/tests \
    pyarrow/libarrow_flight.so* pyarrow/libarrow_python_flight.so* pyarrow/_flight.* \
    pyarrow/libarrow_s3.so* pyarrow/_s3fs.*

FROM python:${PYTHON}-slim
COPY --from=packages /venv /venv
WORKDIR /app
COPY .streamlit/config.toml .streamlit/
COPY fer_core fer_core
COPY models models
COPY pages pages
COPY streamlit_app.py pyproject.toml LICENSE ./
# The app writes nothing but uploads and caches, all of it in /tmp.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONPYCACHEPREFIX=/tmp/pycache \
    HOME=/tmp \
    FER_PUBLIC=1
RUN useradd --uid 10001 --no-create-home fer
USER fer
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.headless=true", \
    "--server.fileWatcherType=none"]
