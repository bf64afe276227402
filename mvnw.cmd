@echo off
rem SPDX-License-Identifier: Apache-2.0
rem
rem Runs the version of Maven that this project is built with, and fetches it first where it is missing.
rem Needs a JDK of version 17 or newer: that of JAVA_HOME, else the one on the PATH.
rem
rem   MVNW_REPOURL     base address of the repository to fetch Maven from, instead of Maven Central
rem   MAVEN_USER_HOME  where Maven is kept, instead of %USERPROFILE%\.m2
setlocal

set "wrapper=%~dp0.mvn\wrapper"
set "java=java.exe"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java.exe"

"%java%" -version >nul 2>nul
if errorlevel 1 (
    echo mvnw: a JDK of version 17 or newer is needed, and "%java%" does not run 1>&2
    exit /b 1
)

set "version="
set "sha512="
for /f "usebackq tokens=1,2 delims==" %%a in ("%wrapper%\maven-wrapper.properties") do (
    if "%%a"=="distributionVersion" set "version=%%b"
    if "%%a"=="distributionSha512" set "sha512=%%b"
)
if not defined version goto :unknown
if not defined sha512 goto :unknown

set "home=%USERPROFILE%\.m2"
if defined MAVEN_USER_HOME set "home=%MAVEN_USER_HOME%"
set "maven=%home%\wrapper\dists\apache-maven-%version%-%sha512:~0,16%"
if not exist "%maven%\bin\mvn.cmd" (
    "%java%" "%wrapper%\Bootstrap.java" "%version%" "%sha512%" "%maven%" || exit /b 1
)
"%maven%\bin\mvn.cmd" %*

:unknown
echo mvnw: no version or no checksum in "%wrapper%\maven-wrapper.properties" 1>&2
exit /b 1
